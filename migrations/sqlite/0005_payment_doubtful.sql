-- Debts show what payments without an outcome may close: few rows, asked for with every list of debts.
create index payment_doubtful on payment (tenant_id, payment_id) where state in ('processing', 'unknown');
