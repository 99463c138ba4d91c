-- Under which a bank's callback was looked up while an attempt waited for it; kept after it was claimed or the attempt
-- had ended, so that a late or repeated callback still names its attempt. The bank may have charged.
alter table attempt add column callback_key text;
create index attempt_callback on attempt (tenant_id, pos_account_id, callback_key) where callback_key is not null;
