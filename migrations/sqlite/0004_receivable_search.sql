-- Document number and text without case and accents, for search.
alter table receivable add column folded text not null default '';
