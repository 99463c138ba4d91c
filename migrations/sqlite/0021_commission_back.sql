-- With what a payer gets back the bank returns its own commission of it: a term of the firm's contract with the bank.
alter table pos_account add column returns_commission integer not null default 0 check (returns_commission in (0, 1));
