-- A payment may be made first and confirmed later. What it asks for beside its row (a POS account, 3-D Secure, an
-- instalment option), JSON, until then; nothing once a bank may know of it.
alter table payment add column draft text;
create index payment_unconfirmed on payment (created_at_ms) where state = 'requires_confirmation';
