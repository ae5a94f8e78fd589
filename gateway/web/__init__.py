"""The two HTTP sides: the public one takes webhooks, the admin one shows what became of them."""
