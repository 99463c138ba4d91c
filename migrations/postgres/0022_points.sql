-- The part of a payment's amount that points of the card shall pay; nought where none shall. The bank pays the firm that
-- part too, so no posting and no debt knows of it.
alter table payment add column points_minor bigint not null default 0 check (points_minor >= 0);
