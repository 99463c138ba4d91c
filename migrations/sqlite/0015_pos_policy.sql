-- What a firm says of its account at a bank beside the connector's settings: no card is charged there without its
-- holder, and when the bank's day ends (HH:MM in the firm's zone; midnight where null).
alter table pos_account add column three_d_required integer not null default 0 check (three_d_required in (0, 1));
alter table pos_account add column day_end text;
-- The bank is told for which sub-dealer is sold, where the connector can say it.
alter table pos_account add column sub_dealers integer not null default 0 check (sub_dealers in (0, 1));
-- What the connector is told beside the terms, a JSON list of pairs: frozen with the attempt, as its settings are.
alter table attempt add column attributes text not null default '[]';
