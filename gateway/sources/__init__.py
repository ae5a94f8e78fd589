"""Who sends webhooks, how they are verified and how they are read; nothing here opens a socket."""
