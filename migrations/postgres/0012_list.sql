-- What SQLite calls json_each, for the one thing it is used for: the members of a list of texts. So a statement that takes
-- a list of ids has one text for both.
create function json_each(list text) returns table (value text) language sql immutable strict as
    $$ select jsonb_array_elements_text(list::jsonb) $$;
