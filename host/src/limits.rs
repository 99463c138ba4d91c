//! Every bound of the system with its reason.

use std::time::Duration;

/// A duration as the database counts it.
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

// Database

/// SQLite readers: enough for the portal's pages, few enough to keep their page caches small.
pub const SQLITE_READERS_MAX: u32 = 8;
/// PostgreSQL connections of one node; a server of 100 serves four nodes and an operator.
pub const POSTGRES_CONNECTIONS_MAX: u32 = 24;
/// How long a request waits for a connection before it is told to come back (503).
pub const DATABASE_WAIT_MAX: Duration = Duration::from_secs(5);

/// How often a server reads what was changed of its firms.
pub const CHANGE_FOLLOW_EVERY: Duration = Duration::from_millis(100);
/// What is kept in memory counts only so long after such a reading began; from then on the database is asked each time.
/// So a key that is revoked at one server reads nothing more at another after this, and a rule is everywhere.
pub const CHANGE_SEEN_WITHIN: Duration = Duration::from_millis(200);
/// With so many firms nothing is kept: reading their counts would cost more than it saves.
pub const CHANGE_FIRMS_MAX: i64 = 10_000;
/// What is kept is read again after this at the latest: somebody may have changed a row by hand, which nobody counts.
pub const KEPT_LIFE: Duration = Duration::from_mins(1);
/// Callers that are kept; one takes about half a kilobyte.
pub const CALLERS_KEPT_MAX: usize = 10_000;
/// Tokens whose signature was checked; one takes about half a kilobyte.
pub const TOKENS_KEPT_MAX: usize = 10_000;
/// Dealers, accounts and cards of all firms that are kept; one takes about 300 bytes.
pub const SETUP_KEPT_MAX: usize = 200_000;

// Payments

/// How long a card may stay in the hold: the time a bank's 3-D page is good for.
pub const HOLD_LIFE_MAX: Duration = Duration::from_mins(15);
/// How often the hold is swept: a card nobody looks for outlives its time by no more than this.
pub const HOLD_SWEEP_EVERY: Duration = Duration::from_secs(5);
/// What a flow gets beyond the bank's deadline before the janitor takes its attempt for silent.
pub const SETTLE_GRACE: Duration = Duration::from_secs(5);
/// A callback that a connector could not read is read again after these pauses, then its sender must send it again.
pub const CALLBACK_READ_AGAIN: &[Duration] = &[Duration::from_millis(250), Duration::from_secs(1)];
/// When an unknown outcome is asked about, counted from the moment it became unknown; then daily.
pub const INQUIRY_SCHEDULE: &[Duration] = &[
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(45),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_hours(1),
];
/// The pace after the schedule.
pub const INQUIRY_DAILY: Duration = Duration::from_hours(24);
/// After this an outcome that is still unknown waits for a person.
pub const INQUIRY_DAYS_MAX: Duration = Duration::from_hours(168);
/// The audit trail is chained this long after an act: no transaction lasts so long.
pub const AUDIT_CHAIN_AFTER: Duration = Duration::from_mins(1);
/// Rows of a link of the audit chain.
pub const AUDIT_CHAIN_ROWS_MAX: i64 = 1_000;
/// Links of the audit chain that an audit checks in one snapshot.
pub const AUDIT_LINKS_AT_ONCE: i64 = 20;
/// Rows (payments, postings, collections) that an audit looks at in one snapshot, and differences that it reads at once.
pub const AUDIT_PAGE: i64 = 500;
/// Differences that a report names; all are counted, and `vezne audit --all` names all.
pub const AUDIT_NAMED_MAX: usize = 100;
/// How often a difference to the bank's book is looked at again before it is one: payments go on meanwhile.
pub const AUDIT_BOOK_LOOKS: usize = 3;
/// Where a bank is silent and much is in doubt, one question is asked early after this long without any.
pub const SILENCE_PROBE_EVERY: Duration = Duration::from_secs(90);
/// How much that is: for less the schedule alone is kept.
pub const SILENCE_PROBE_DOUBTS_MIN: i64 = 20;
/// "No such order" is heard again no sooner than this, and at the moment when it would be final.
pub const NOT_FOUND_AGAIN: Duration = Duration::from_secs(20);
/// "No such order" must be heard this often before it is believed.
pub const NOT_FOUND_ASKS_MIN: i64 = 2;
/// How long a proposal waits for its second person: over a long weekend.
pub const PROPOSAL_LIFE: Duration = Duration::from_hours(96);
/// Letters of what a person writes as evidence; fewer than the first cannot say anything.
pub const EVIDENCE_CHARS_MIN: usize = 10;
/// A page of text; more belongs into the attachment.
pub const EVIDENCE_CHARS_MAX: usize = 2_000;
/// A doubt that lasts longer than the first three questions is worth an alarm.
pub const DOUBT_ALARM_AFTER: Duration = Duration::from_mins(2);
/// How often causes for an alarm are looked for.
pub const ALARM_EVERY: Duration = Duration::from_secs(5);
/// Payments that an alarm names on the wire; the rest is in its count.
pub const ALARM_PAYMENTS_SHOWN: i64 = 20;
/// Rows of a kind that the janitor looks at in a round; the rest waits for the next one.
pub const JANITOR_BATCH: i64 = 256;
/// What the janitor tends to at once at one POS account: a bank that hangs takes these places and no others.
pub const JANITOR_PER_ACCOUNT: usize = 16;
/// What it tends to at once in all: banks of 32 accounts may hang before the others wait, at most for a bank's deadline.
pub const JANITOR_AT_ONCE: usize = 512;
/// Between two rounds, however many wait for a place: what ends meanwhile makes room together.
pub const JANITOR_PAUSE: Duration = Duration::from_millis(20);
/// When the janitor comes back to a row that it could not tend to: it must not stand first in the queue for ever.
pub const JANITOR_AGAIN: Duration = Duration::from_mins(1);
/// How often giving a stray charge back is tried in one way that does not reach the bank, [`JANITOR_AGAIN`] apart.
pub const STRAY_TRIES_MAX: usize = 60;
/// How often a write is tried again after another one moved the row first.
pub const MOVE_TRIES_MAX: usize = 8;
/// How long a payment may wait to be confirmed: a working day and the night after it.
pub const UNCONFIRMED_LIFE: Duration = Duration::from_hours(24);
/// Payments that nobody confirmed, ended in one round; the rest waits for the next.
pub const UNCONFIRMED_BATCH: i64 = 256;
/// Pairs of metadata on a payment, and letters of a value.
pub const METADATA_PAIRS_MAX: usize = 50;
/// Letters of one metadata value.
pub const METADATA_VALUE_MAX: usize = 500;
/// How often a bank's answer is offered to a database that is away, before the janitor takes over.
pub const SETTLE_TRIES_MAX: usize = 12;
/// The longest pause between two of them.
pub const SETTLE_PAUSE_MAX: Duration = Duration::from_secs(5);

// Routing

/// Firms whose rules are kept ready; beyond, all are read again. A firm with 1,000 rules takes about a megabyte.
pub const ROUTING_TABLES_MAX: usize = 1_000;
/// How often a payment goes on at another POS account after nothing was processed: the payer is waiting.
pub const ROUTING_FAILOVERS_MAX: usize = 2;
/// Rules that do not hold, as far as they are told: kept with a payment, and in a dry run.
pub const ROUTING_TOLD_WITH_PAYMENT: usize = 10;
/// The same in a dry run.
pub const ROUTING_TOLD_IN_DRY_RUN: usize = 50;
/// How far back a bank's health is looked at: long enough to hear of it, short enough to be forgiven.
pub const ROUTING_HEALTH_SPAN: Duration = Duration::from_mins(10);
/// The newest attempts that count for it.
pub const ROUTING_HEALTH_ATTEMPTS: i64 = 20;
/// BINs of all rules of a firm together.
pub const ROUTING_BINS_MAX: usize = 100_000;

// Instalments

/// Lines of one version of a firm's table: ten programmes with a line for each of 1 to 36 would fit.
pub const INSTALMENT_LINES_MAX: usize = 360;
/// How far ahead a version may begin.
pub const INSTALMENT_AHEAD: Duration = Duration::from_hours(366 * 24);

// Identity

/// Shortest password (ASVS 6.2.1, PCI DSS 8.3.6).
pub const PASSWORD_LENGTH_MIN: usize = 12;
/// Longest password: enough for any sentence, little enough to hash (ASVS 6.2.9).
pub const PASSWORD_LENGTH_MAX: usize = 128;
/// Passwords hashed at once: each takes 64 MiB and a core, and payments need theirs.
pub const PASSWORD_HASHES_AT_ONCE: usize = 2;
/// Wrong passwords for an account before it is locked (PCI DSS 8.3.4).
pub const SIGN_IN_FAILURES_MAX: i64 = 10;
/// How long it is locked then (PCI DSS 8.3.4).
pub const SIGN_IN_LOCK: Duration = Duration::from_mins(30);
/// Sign-ins from one address at once; an office shares one address.
pub const SIGN_INS_PER_ADDRESS: u32 = 30;
/// A session that is not used ends (PCI DSS 8.2.8).
pub const SESSION_IDLE: Duration = Duration::from_mins(15);
/// A session ends however much it is used (ASVS 7.3.2).
pub const SESSION_LIFE: Duration = Duration::from_hours(12);
/// How stale `seen_at` may be: a session is not written on every request.
pub const SESSION_TOUCH: Duration = Duration::from_mins(1);
/// Life of an access token.
pub const TOKEN_LIFE: Duration = Duration::from_mins(10);
/// Difference of clocks that is forgiven.
pub const TOKEN_LEEWAY: Duration = Duration::from_secs(5);
/// Longest token looked at; ours have about 600 bytes.
pub const TOKEN_BYTES_MAX: usize = 4096;
/// Life of an API key without a date of its own.
pub const API_KEY_LIFE: Duration = Duration::from_hours(8760);
/// Depth of the dealer tree: deeper is a loop or a mistake.
pub const NODE_DEPTH_MAX: i64 = 16;

// Webhooks

/// Endpoints of one firm: programs, not dealers.
pub const WEBHOOK_ENDPOINTS_MAX: i64 = 50;
/// One try in all: Standard Webhooks asks for 15 to 30 seconds.
pub const WEBHOOK_SEND_MAX: Duration = Duration::from_secs(15);
/// How long a node holds a delivery; longer than a try with its commit.
pub const WEBHOOK_LEASE: Duration = Duration::from_secs(30);
/// Tries of this node that run at the same moment: each is a connection and some 100 kB.
pub const WEBHOOKS_AT_ONCE: usize = 64;
/// Tries to one endpoint at the same moment: a slow one holds up itself and nobody else.
pub const WEBHOOKS_PER_ENDPOINT: i64 = 8;
/// Events handed out in one commit: few, so that no payment waits for the writer.
pub const WEBHOOK_EVENTS_BATCH: i64 = 32;
/// Endpoints looked at in one round.
pub const WEBHOOK_ENDPOINTS_BATCH: i64 = 100;
/// What is kept of an answer.
pub const WEBHOOK_EXCERPT_CHARS_MAX: usize = 500;
/// An endpoint that took nothing for so long is disabled (api.md).
pub const WEBHOOK_FAILING_MAX: Duration = Duration::from_hours(120);
/// How long the old secret signs beside the new one, unless asked otherwise.
pub const WEBHOOK_OVERLAP_HOURS: u32 = 24;
/// The most that may be asked for.
pub const WEBHOOK_OVERLAP_HOURS_MAX: u32 = 168;
/// Events that one request may have delivered again.
pub const WEBHOOK_REPLAY_MAX: i64 = 1_000;
/// How long a try may still take when the process is asked to end; it is sent again after its lease.
pub const WEBHOOK_SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

// Requests

/// Requests that change nothing, per second and caller, with as many at once (api.md).
pub const READS_PER_SECOND: u32 = 200;
/// The same of requests that may change something.
pub const WRITES_PER_SECOND: u32 = 100;
/// The most that a configuration may grant: one every microsecond.
pub const REQUESTS_PER_SECOND_MAX: u32 = 1_000_000;
/// Callers counted at once: 100,000 keys are about 10 MB.
pub const RATE_KEYS_MAX: usize = 100_000;
/// Largest body of an API request: a payment has less than 2 kB, a POS account less than 20 kB.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long a request may take in all; longer than a flow's own deadline.
pub const REQUEST_TIME_MAX: Duration = Duration::from_mins(2);
/// Longest idempotency key (api.md).
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// Rows of a page where the caller does not say.
pub const PAGE_ROWS_DEFAULT: u32 = 50;
/// Up to how many rows a list is counted where that is asked for: beyond, a person narrows the list anyway.
pub const TOTAL_ROWS_MAX: i64 = 10_000;
/// Rows of a page at most.
pub const PAGE_ROWS_MAX: u32 = 200;

// Books

/// How long an offer may be taken: long enough to fetch another card, short enough that rates stay true.
pub const QUOTE_LIFE: Duration = Duration::from_mins(30);

// ---- plugins: one call ----

/// Longest sealed value. A request body is at most this long, and nothing larger is ever hashed.
pub const SEALED_BYTES_MAX: usize = 256 * 1024;
/// All sealed values of one call together: bounds what a guest can make the host hold.
pub const SEALED_BYTES_PER_CALL_MAX: usize = 4 * 1024 * 1024;
/// Shortest digest that may be compared (MD5): shorter ones could be found by trying.
pub const EQUALS_BYTES_MIN: usize = 16;
/// Comparisons in one call. A callback needs two or three (ver3, ver1, both cases).
pub const EQUALS_PER_CALL_MAX: u32 = 8;
/// Running time of one call: five ticks of the epoch clock. A call takes well under one.
pub const PLUGIN_TICKS_DEFAULT: u32 = 5;
/// The most a manifest may ask for (250 ms).
pub const PLUGIN_TICKS_MAX: u32 = 25;
/// The epoch clock's tick.
pub const PLUGIN_TICK: Duration = Duration::from_millis(10);
/// Linear memory of one call; a Rust connector touches some 200 kB. Who asks for more takes its sandboxes from the pool
/// of interpreters.
pub const PLUGIN_MEMORY_BYTES_DEFAULT: usize = 16 * 1024 * 1024;
/// The most a manifest may ask for; an interpreter of JavaScript or Python takes 15 to 30 MB and needs room to work.
pub const PLUGIN_MEMORY_BYTES_MAX: usize = 192 * 1024 * 1024;
/// Elements of the tables of one call (function pointers).
pub const PLUGIN_TABLE_ELEMENTS_MAX: usize = 10_000;
/// The same of an interpreter.
pub const PLUGIN_HEAVY_TABLE_ELEMENTS_MAX: usize = 100_000;
/// Stack of one call, apart from the one that a guest keeps in its own memory.
pub const PLUGIN_STACK_BYTES_MAX: usize = 512 * 1024;
/// Core instances of one call: the module and what the component encoder puts around it.
pub const PLUGIN_CORE_INSTANCES_MAX: usize = 8;
/// Sealed values and cards of one call that live at once.
pub const PLUGIN_RESOURCES_MAX: usize = 256;
/// What all arguments of one host call may copy out of the guest together.
pub const PLUGIN_HOSTCALL_BYTES_MAX: usize = 1024 * 1024;
/// Log records of one call.
pub const PLUGIN_LOG_RECORDS_MAX: usize = 64;
/// Bytes of one log record.
pub const PLUGIN_LOG_BYTES_MAX: usize = 2048;
/// Random bytes of one call: references and nonces, not keys.
pub const PLUGIN_ENTROPY_BYTES_MAX: usize = 4096;
/// Letters of an alphabet that a reference is made of: no bank has more, and each is looked at.
pub const PLUGIN_ALPHABET_LETTERS_MAX: usize = 128;
/// Calls that run at the same moment; a call is well under a millisecond, so this is thousands a second.
pub const PLUGIN_CALLS_AT_ONCE: u32 = 64;
/// Calls of one plugin version that run at the same moment: one that hangs leaves the others half of the sandboxes.
pub const PLUGIN_CALLS_PER_PLUGIN: usize = 32;
/// Calls of one plugin for one firm that run at the same moment: one firm cannot take all of a plugin's.
pub const PLUGIN_CALLS_PER_TENANT: usize = 16;
/// Calls of interpreters that run at the same moment: 8 times 192 MiB is what a small server can spare at the worst.
pub const PLUGIN_HEAVY_CALLS_AT_ONCE: u32 = 8;
/// The same of one plugin version.
pub const PLUGIN_HEAVY_CALLS_PER_PLUGIN: usize = 4;
/// The same of one plugin for one firm.
pub const PLUGIN_HEAVY_CALLS_PER_TENANT: usize = 2;
/// Running time of a call that counts for nothing: a connector's takes a twentieth of it.
pub const PLUGIN_UNBURNT: Duration = Duration::from_millis(1);
/// Percent of the machine that one plugin version may burn beyond that while others want it; whoever did waits.
pub const PLUGIN_BURN_PERCENT: u32 = 12;
/// The same of one plugin for one firm.
pub const PLUGIN_BURN_PERCENT_PER_TENANT: u32 = 8;
/// What may be burnt at once: two calls that run into their limit.
pub const PLUGIN_BURN_AT_ONCE: Duration = Duration::from_millis(100);
/// After burning too much it is trusted again when it did not for so long: until then each call is charged beforehand with
/// all that it may burn, and waits for the place of a long one, so that it cannot begin many at once.
pub const PLUGIN_SUSPECT: Duration = Duration::from_mins(1);
/// How long after its running time a call that has to give way is cut off at the latest, even if it did not run.
pub const PLUGIN_LATE: Duration = Duration::from_millis(30);
/// Others want the machine if one of them called so short a while ago: as long as a burst of calls that each burn a tick
/// can keep them waiting.
pub const PLUGIN_MODEST_SPAN: Duration = Duration::from_millis(250);
/// So many turns of its tasks a thread of the server makes before it looks at what came in and what is due.
pub const RUNTIME_TURNS_BETWEEN_EVENTS: u32 = 4;
/// How long a call waits for a sandbox before the act is told "busy".
pub const PLUGIN_QUEUE_WAIT: Duration = Duration::from_secs(2);
/// Size of a component file.
pub const PLUGIN_COMPONENT_BYTES_MAX: u64 = 40 * 1024 * 1024;
/// The same, of a request that brings one.
pub const PLUGIN_UPLOAD_BYTES_MAX: usize = 40 * 1024 * 1024;
/// The same of the portal's form, which brings the signature as well.
pub const PLUGIN_UPLOAD_FORM_BYTES_MAX: usize = PLUGIN_UPLOAD_BYTES_MAX + 64 * 1024;

// ---- plugins: from file to code ----

/// Memory of the process that compiles one component; a 14 MB interpreter takes about 1 GiB.
pub const PLUGIN_COMPILE_MEMORY_BYTES: u64 = 3 * 1024 * 1024 * 1024;
/// Processor seconds of that process.
pub const PLUGIN_COMPILE_CPU_S: u64 = 60;
/// How long it may take by the clock; a busy machine gives the lowest priority little.
pub const PLUGIN_COMPILE_WAIT: Duration = Duration::from_mins(3);
/// Machine code of one component.
pub const PLUGIN_COMPILED_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// What a compiler may say about a component that it refuses.
pub const PLUGIN_COMPILER_WORDS_MAX: u64 = 4096;
/// All calls of the first try of a component together.
pub const PLUGIN_SMOKE_MAX: Duration = Duration::from_secs(5);

// ---- plugins: which version serves ----

/// How often a node looks whether another one moved the pointer: a rollback is everywhere in well under a second.
pub const PLUGIN_FOLLOW_EVERY: Duration = Duration::from_millis(200);
/// How long a version that was replaced stays ready for a rollback.
pub const PLUGIN_ROLLBACK_WINDOW: Duration = Duration::from_hours(24);
/// How often it is looked whether a draining version is needed any more, and a version that did not load is tried again.
pub const PLUGIN_TEND_EVERY: Duration = Duration::from_mins(1);
/// For so long a version that was activated counts as new: what fails then is taken back.
pub const PLUGIN_PROBATION: Duration = Duration::from_hours(1);
/// Strikes of one firm at one phase of a version before it begins nothing more there.
pub const PLUGIN_STRIKES_MAX: usize = 3;
/// Within which they must fall.
pub const PLUGIN_STRIKES_WINDOW: Duration = Duration::from_mins(1);
/// After so long without a strike they are forgotten.
pub const PLUGIN_STRIKES_FORGIVEN: Duration = Duration::from_mins(10);
/// How long an open breaker cools before it is tried, without money.
pub const PLUGIN_BREAKER_COOL: Duration = Duration::from_secs(30);
/// So many firms with an open breaker are the version's own fault.
pub const PLUGIN_FIRMS_STRUCK_MAX: usize = 3;
/// Acts of a version that are remembered, for their share of doubtful outcomes.
pub const PLUGIN_RECORD_ACTS_MAX: usize = 1_000;
/// So many of them say something.
pub const PLUGIN_RECORD_ACTS_MIN: usize = 20;
/// A new version with a larger share of doubtful outcomes is taken back, unless the one beside it has half as many.
pub const PLUGIN_DOUBT_PERCENT_MAX: usize = 33;
/// Versions shown of one plugin.
pub const PLUGIN_VERSIONS_MAX: i64 = 200;

// ---- plugins: one act ----

/// Sends of one attempt, across the payer's visit at the gate.
pub const PLUGIN_STEPS_MAX: u8 = 8;
/// A connector's state between two calls.
pub const PLUGIN_STATE_BYTES_MAX: usize = 16 * 1024;
/// A request body, and all fields of a browser form together.
pub const PLUGIN_REQUEST_BYTES_MAX: usize = 256 * 1024;
/// An address with its query.
pub const PLUGIN_URL_BYTES_MAX: usize = 4096;
/// Request headers.
pub const PLUGIN_HEADERS_MAX: usize = 16;
/// Fields of a browser form; NestPay's has about 25.
pub const PLUGIN_FORM_FIELDS_MAX: usize = 128;
/// An answer's body; longer ones arrive truncated and decide nothing.
pub const PLUGIN_RESPONSE_BYTES_MAX: usize = 512 * 1024;
/// Masked request or answer in the timeline.
pub const PLUGIN_NOTE_BYTES_MAX: usize = 4096;
/// One bank reference, code or name.
pub const PLUGIN_REFERENCE_BYTES_MAX: usize = 256;
/// Extra references of one operation.
pub const PLUGIN_REFERENCES_MAX: usize = 16;
/// Attributes of an approval.
pub const PLUGIN_ATTRIBUTES_MAX: usize = 32;
/// Transactions of a bank's book in one answer; of half a megabyte there are fewer.
pub const PLUGIN_LINES_MAX: usize = 5_000;
/// A bank's message to the payer.
pub const PLUGIN_MESSAGE_BYTES_MAX: usize = 1024;
/// One send, unless the manifest asks for another time: banks answer a sale within 30 s or not at all.
pub const PLUGIN_SEND_DEFAULT: Duration = Duration::from_secs(45);
/// The most a manifest may ask for.
pub const PLUGIN_SEND_MAX: Duration = Duration::from_secs(90);
/// Resolving, connecting and the TLS handshake, each.
pub const PLUGIN_CONNECT_MAX: Duration = Duration::from_secs(8);
/// Tries of a question that may be repeated.
pub const PLUGIN_TRIES_MAX: u8 = 3;
/// Pause before the second try; twice that before the third.
pub const PLUGIN_RETRY_PAUSE: Duration = Duration::from_millis(300);
/// Last runs of a plugin version that are kept for a firm.
pub const PLUGIN_RUNS_KEPT: usize = 50;
/// All texts of one recorded run; a sale is some 5 kB, and what is longer is shown but cannot be played again.
pub const PLUGIN_RUN_BYTES_MAX: usize = 128 * 1024;
/// All runs that a server keeps: some five thousand sales.
pub const PLUGIN_RUNS_BYTES_MAX: usize = 32 * 1024 * 1024;
/// References of one call that are recorded; a connector draws one or two.
pub const PLUGIN_REFERENCES_RECORDED_MAX: usize = 64;
/// Functions of a recorded trap.
pub const PLUGIN_BACKTRACE_FRAMES_MAX: usize = 16;
/// How often counted values are sorted into their buckets where no collector is told.
pub const FIGURES_TEND_EVERY: Duration = Duration::from_secs(5);
/// How long the end of the process waits for a collector.
pub const COLLECTOR_PATIENCE_AT_END: Duration = Duration::from_secs(2);
/// How far the figures of a plugin's health reach back.
pub const PLUGIN_FARED_SPAN: Duration = Duration::from_mins(15);
/// Recorded runs that are played on a shadow at the same moment; there are payments to make.
pub const PLUGIN_SHADOWS_AT_ONCE: usize = 2;
/// Runs with differences that a shadow keeps to be looked at.
pub const PLUGIN_SHADOW_RUNS_KEPT: usize = 20;
/// A recording as a file.
pub const PLUGIN_RECORDING_FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Parts of one receivable: there are six kinds, and a document may name one twice.
pub const RECEIVABLE_COMPONENTS_MAX: usize = 12;
/// Transactions of a bank's day that are read; a longer list is refused, since a part would be taken for the whole.
pub const BANK_LINES_MAX: usize = 5_000;
/// Payments, their attempts or operations beside which it is laid; no list of them is longer.
pub const BANK_OURS_MAX: usize = 20_000;
/// Pages in which it may come; banks put fifty lines on one.
pub const BANK_PAGES_MAX: usize = 100;
/// How long before a bank's day something may have begun that was sent on it: a payer's way through the gate.
pub const BANK_DAY_SLACK: Duration = Duration::from_hours(24);
/// Lines of one statement; a longer account is read by narrower days.
pub const STATEMENT_LINES_MAX: i64 = 1_000;
/// The longest span of one statement.
pub const STATEMENT_DAYS_MAX: i64 = 3_660;
/// Days of the chart on the first page: two weeks, so that weekdays compare.
pub const HOME_DAYS: i64 = 14;
/// Payments on the first page.
pub const HOME_PAYMENTS: i64 = 10;

/// How often a server says that it lives, where several share a database.
pub const REPLICA_SEEN_EVERY: Duration = Duration::from_secs(2);
/// A server not seen for so long is taken for dead: nothing is passed on to it.
pub const REPLICA_ALIVE: Duration = Duration::from_secs(10);
/// For how long a job's turn is held without a sign of its server; it is kept three times as often. A database that is
/// away for a minute must not cost it.
pub const TURN_LEASE: Duration = Duration::from_mins(5);
/// After this its row goes.
pub const REPLICA_FORGOTTEN_AFTER: Duration = Duration::from_hours(1);
/// An errand that was longer on its way is not done.
pub const REPLICA_ERRAND_LIFE: Duration = Duration::from_secs(30);
/// How long another server may take to say how its plugins fare: somebody waits for a page.
pub const REPLICA_FARED_WAIT: Duration = Duration::from_secs(2);

// Leaving

/// How long a server that is asked to end still takes what comes, where others can take it instead: whoever stands in
/// front must have noticed, and many look every few seconds.
pub const LEAVE_NOTICE: Duration = Duration::from_secs(10);
/// The most that a configuration may ask for: whoever stands in front looks more often.
pub const LEAVE_NOTICE_MAX: Duration = Duration::from_mins(2);
/// How long the flows of a server that ends may take: nobody waits longer for their answers. What is left then is in its
/// row, and the bank is asked.
pub const LEAVE_FLOWS_MAX: Duration = REQUEST_TIME_MAX;
/// How long it may take to hand over what is held for payers: for so long the others still take a server for alive.
pub const LEAVE_HAND_OVER_MAX: Duration = Duration::from_secs(8);
/// One errand of it: a server that hangs is no heir.
pub const LEAVE_ERRAND_MAX: Duration = Duration::from_secs(2);
/// What connections get after the last flow, to take their answers or to end a request that was begun.
pub const LEAVE_CONNECTIONS_MAX: Duration = Duration::from_secs(5);
/// What a job gets to put down what it is at.
pub const LEAVE_JOBS_MAX: Duration = Duration::from_secs(2);
