"""Pure transitions: findings and open alerts in, changes to store and to send out."""
