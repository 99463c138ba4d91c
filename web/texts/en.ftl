### English.
## Shell
skip-content = Skip to content
band-label = Environment
band-test = TEST MODE
band-no-money = No real money moves.
nav-label = Main menu
nav-home = Overview
nav-payments = Payments
nav-pay = Collect
nav-receivables = Receivables
nav-statement = Statement
nav-dealers = Dealers
nav-customers = Customers
nav-pos = POS accounts
nav-plugins = Plugins
nav-api-keys = API keys
nav-webhooks = Webhooks
nav-menu = Menu
nav-group-tree = Dealers and customers
nav-group-admin = Administration
scope-title = What you are looking at
scope-all = All dealers
language = Language
theme = Appearance
theme-light = Light
theme-dark = Dark
theme-system = System
preferences = Language and appearance
sign-out = Sign out
help = Help
powered-by = Powered by
back-to-portal = Back to the portal

## Common words
save = Save
saved = Saved.
cancel = Cancel
show = Show
all = All
today = Today
search = Search
none = none
never = never
action = Action
amount = Amount
amount-min = At least
amount-max = At most
amount-in-words = In words
balance = Balance
bank = Bank
card = Card
card-kind = Card type
card-and-pos = Card and POS
code = Account code
contact = Contact
count = Count
currency = Currency
date = Date
day = Day
time = Time
dealer = Dealer
dealer-and-customer = Dealer and customer
debtor = Debtor
description = Description
document = Document no.
due = Due date
duration = Time taken
email = E-mail
phone = Telephone
name = Name
tax-no = Tax or identity no.
facts = Details
from = From
to = To
state = State
outcome = Outcome
outcome-choose = Choose
party = Dealer or customer
party-firm = Firm
party-dealer = Dealer
party-sub-dealer = Sub-dealer
party-customer = Customer
sub-dealers = Sub-dealers
payment = Payment
payment-no = Payment no.
reference = Reference
reason = Reason
pos = POS
plugin = Plugin
environment = Environment
environment-test = Test
environment-live = Live
settings = Settings
views = Views
view-open = Open
view-in-doubt = In doubt
view-declined = Declined
view-succeeded = Approved
filters = Filters
filter-apply = Apply
filter-clear = Clear
filter-clear-all = Clear filters
filter-remove = Remove filter { $name }
empty-filtered = Nothing matches these filters
pages = Pages
newer = Newer
older = Older
chart = Chart
table = Table
chart-view = View
zone-named = Times are in { $zone }.
single-payment = Single payment
instalments = { $n } instalments
form-refused = Not saved. Please mend the marked fields.

## Trouble
trouble-title = The page could not be shown
trouble-what = Your payments are safe, only this page could not be read. Try again; if it goes on, tell us the request number.
trouble-request = Request no.:
trouble-retry = Try again
trouble-forbidden = This page is not open to you
trouble-forbidden-what = If you need it, ask your firm's administrator.
trouble-not-found = There is nothing here
trouble-not-found-what = The address may be wrong, or the record lies outside what you may see.
trouble-too-many = Too many tries
trouble-too-many-what = Wait a minute and try again.

## Sign-in
sign-in-title = Sign in
sign-in-what = Sign in to Vezne with your e-mail address.
sign-in-email = E-mail
sign-in-password = Password
sign-in = Sign in
sign-in-error = The e-mail address or the password is wrong.
sign-in-error-what = Please check and try again.
sign-in-error-too-many = There were too many tries. Wait a little.

## Overview
home-as-of = { $now }, time of { $zone }
home-in-doubt =
    { $n ->
        [one] 1 payment is
        *[other] { $n } payments are
    } in doubt, { $amount }.
home-in-doubt-what = The banks are being asked; you need not do anything.
home-figures = Figures
home-owed = What I owe
home-overdue = Overdue { $amount }
home-nothing-overdue = Nothing is overdue
home-receivable = Open receivables
home-open-count =
    { $n ->
        [one] 1 open item
        *[other] { $n } open items
    }
home-today = Collected today
home-month = Collected this month
home-payment-count =
    { $n ->
        [one] 1 payment
        *[other] { $n } payments
    }
home-success = Success, 7 days
home-declined = { $n } declined
home-doubt-tile = In doubt
home-days = Collected by day
home-best-day = Best day { $day }: { $amount }.
home-no-days = Nothing was collected lately
home-no-days-what = Days appear here as payments come in.
home-recent = Latest payments
weekday-1 = Mon
weekday-2 = Tue
weekday-3 = Wed
weekday-4 = Thu
weekday-5 = Fri
weekday-6 = Sat
weekday-7 = Sun

## Payments
payments-list = List of payments
payments-search = Search payments
payments-search-what = Payment no., last 4 digits, approval code, name
payments-empty = There are no payments yet
payments-empty-what = Collect the first one and it will appear here.
on-this-page =
    { $n ->
        [one] 1 payment
        *[other] { $n } payments
    } on this page
sum-taken = Approved
sum-back = Given back
state-requires-action = Waiting for 3-D
state-processing = At the bank
state-authorized = Held
state-succeeded = Approved
state-declined = Declined
state-failed = Failed
state-canceled = Given up
state-expired = Expired
state-unknown = In doubt
state-voided = Voided
state-refunded = Refunded
state-partly-refunded = Partly refunded
state-given-back = Given back
state-not-processed = Not sent
state-open = Open
state-overdue = Overdue
state-partly-paid = Partly paid
state-paid = Paid

## One payment
steps = Step by step
raw-record = Raw record
attempt = Attempt
attempts = Attempts
bank-order-no = Bank order no.
auth-code = Approval code
captured-at = Taken at
settled = Settled against debt
capture = Capture
operation-sale = Sale
operation-authorization = Pre-authorization
operation-capture = Capture
operation-void = Void
operation-refund = Refund
operation-inquiry = Inquiry
bank-said = The bank said: { $words }
doubt-title = The outcome is not known; the bank is being asked.
doubt-alarm = The outcome is not known; a person is looking at it.
doubt-asked =
    Asked { $n ->
        [one] once
        *[other] { $n } times
    }.
doubt-next = Next inquiry at { $time }.
doubt-no-answer = The bank did not answer
doubt-broken-connection = The connection broke while sending
doubt-not-authentic = The answer could not be proved to be the bank's
doubt-amount-differs = The bank named another amount than ours
whose-money = Whose money?
whose-money-what = From the payer to the one who collects.
closed = Receivables closed
closed-amount = Closed
part-principal = Principal
part-contract-interest = Contract interest
part-default-interest = Default interest
part-expense = Expense
part-tax = Tax
part-fee = Fee
event-payment-created = Payment opened
event-payment-resolved = The outcome is known now
event-bank-sent = Sent to the bank
event-bank-answered = The bank answered
event-bank-silent = The bank did not answer
event-gate-shown = The card holder went to the bank's page
event-callback-unexpected = An unexpected 3-D result came; nothing changed
event-attempt-sending = Attempt begun
event-attempt-browsing = 3-D Secure begun
event-attempt-browsing-charge = The bank's payment page was opened
event-attempt-provisioning = The 3-D result came; asking for the money
event-attempt-unknown = The outcome is not known
event-attempt-authorized = The amount is held on the card
event-attempt-captured = Attempt approved, the money was taken
event-attempt-declined = Attempt declined
event-attempt-failed = Attempt failed, no money moved
event-attempt-expired = Time ran out, no money moved
event-attempt-canceled = Given up
event-attempt-voided = Payment voided
event-attempt-refunded = Money refunded
event-attempt-stray = A late approval will be given back
event-attempt-news-refused = News that did not fit the state was ignored
event-capture-asked = Capture asked for
event-capture-succeeded = Captured
event-capture-declined = The bank refused the capture
event-capture-unknown = The outcome of the capture is not known
event-capture-failed = The capture did not reach the bank
event-void-asked = Void asked for
event-void-succeeded = The bank voided it
event-void-declined = The bank refused the void
event-void-unknown = The outcome of the void is not known
event-void-failed = The void did not reach the bank
event-refund-asked = Refund asked for
event-refund-succeeded = The bank refunded it
event-refund-declined = The bank refused the refund
event-refund-unknown = The outcome of the refund is not known
event-refund-failed = The refund did not reach the bank
actor-payer = Card holder
doubt-bank-pending = The bank has not decided yet
decline-insufficient-funds = Insufficient funds or limit
decline-limit-exceeded = Limit exceeded
decline-expired-card = Card expired
decline-wrong-cvv = Wrong security code
decline-wrong-card-number = Wrong card number
decline-card-blocked = Card blocked
decline-card-closed-ecommerce = Closed to internet payments
decline-auth-3ds = 3-D not confirmed
decline-bank-technical = Bank out of service
decline-not-approved = Not approved by the bank
decline-do-not-honor = Not approved by the bank
decline-decline-final = Not possible with this card
decline-decline-fix-data = Wrong card details
decline-decline-retry-other-card = Not approved by the bank
decline-decline-retry-other-pos = Not possible with this option
decline-config-error = POS misconfigured
decline-authenticate-again = 3-D not confirmed
decline-wrong-otp = Wrong one-time code
decline-issuer-unavailable = The card's bank does not answer
decline-try-later = The bank asks to try later
decline-contact-bank = The holder must call the bank
decline-other-card = Another card is needed
decline-installment-not-allowed = No instalments with this card
decline-foreign-card = Foreign cards are not taken

## Giving back
refund-title = Void or refund
refundable = May be given back
refund-hint = May be given back: { $amount }
refund-will-void = The whole amount will be voided.
refund-will-void-what = A void shows on the card at once and is possible until { $until }. A part of the amount becomes a refund and takes 3–7 working days.
refund-will-refund = It will be refunded.
refund-will-refund-what = The bank's day has ended, so it is a refund and not a void; it shows on the card in 3–7 working days.
refund-day-end = the end of the day
refund-send = Give back
refund-refused = It could not be given back.
refund-part-too-early = Before its day end the bank gives back all of a payment or nothing. A part can be refunded after { $until }.
refund-impossible = This payment cannot be given back now.
refund-impossible-what = It was given back already, its outcome is not known, or you may not do so.
reason-wrong = The wrong invoice was paid
reason-double = Paid twice
reason-returned = Goods returned
reason-other = Other

## Receipt
receipt = Receipt
receipt-title = Payment receipt
receipt-open = Open the receipt
receipt-note = This receipt shows that the payment was taken. It is not an invoice.
receipt-made = Made at { $time }

## Pay
pay-title = Pay
pay-payer = Payer
pay-what = What are you paying?
pay-how-much = How much are you paying?
pay-due = Due { $date }
pay-due-soon =
    Due { $date }, { $days ->
        [0] today
        [one] tomorrow
        *[other] in { $days } days
    }
pay-due-late =
    Due { $date }, { $days ->
        [one] 1 day
        *[other] { $days } days
    } late
pay-owed-in-doubt = A payment for it is in doubt
pay-amount = Amount to pay
pay-amount-oldest = If you change the amount, the oldest is closed first.
pay-amount-open = 1250, 1.250,00 and 1250.00 are the same amount.
pay-bin = First 6–8 digits of the card
pay-bin-hint = Only to show instalments. The whole card goes into the other form.
pay-show-plan = Show instalments
pay-which-card = Which card has how many instalments?
pay-card = Card
pay-free = no charge
pay-you-pay = You pay
pay-number = Card number
pay-holder = Name on the card
pay-holder-example = NAME SURNAME
pay-expiry = Expires
pay-expiry-example = MM / YY
pay-code = Security code
pay-code-example = 3 digits
pay-button = Pay { $amount }
pay-going = Going to the bank…
pay-refused = The payment was not sent, no money moved.
pay-refused-what = Mend the marked fields and try again. The amount is kept.
pay-card-unknown = The card's bank is not known; a single payment is possible.
pay-safety = Safety
pay-safety-3d = You confirm on your bank's 3-D Secure page.
pay-safety-card = Your card number and security code are not kept here.
pay-safety-receipt = The receipt is ready as soon as the payment is done.
pay-who = Collect from whom?
pay-who-what = Choose a dealer or customer to see what is open.
pay-who-search = Name or account code
pay-without-party = Collect without choosing
pay-collect = Collect
card-credit = Credit card
card-credit-commercial = Commercial credit card
card-debit = Debit card
card-prepaid = Prepaid card
plan-caption = Instalments, amounts in lira
plan-count = Instalments
plan-monthly = Monthly
plan-total = Total
plan-difference = Difference
plan-no = Not possible with this card
plan-no-card_without_instalments = This card has no instalments
plan-no-over_limit = More than the dealer is allowed
plan-no-card_unknown = The card is not known, a single payment is possible
plan-no-programme_not_offered = No instalments with this card programme
plan-no-over_legal_ceiling = More than the law allows
plan-no-amount_too_small = The amount is too small for it
error-field = Please check this field.
error-amount = Write the amount like 1.250,00.
error-card_number = The card number is incomplete or wrong.
error-card_holder = Write the name on the card.
error-expiry = The expiry is wrong or has passed.
error-security_code = The security code has 3 or 4 digits.
error-quote_expired = The instalment offer has expired. Choose again.
error-expired = The instalment offer has expired. Choose again.
error-not_a_choice = This number of instalments is no longer possible. Choose again.
error-in_doubt = A payment for this debt is in doubt. Do not pay again.
error-no_pos_account = There is no POS account for this payment.

## Result
result-ok = Your payment was received
result-ok-what = Thank you. Your debt is closed by this amount.
result-unknown = Do not pay again
result-unknown-what = Your bank has not told us the outcome. Money may have been taken. We are asking.
result-processing = Your payment is being checked
result-processing-what = We are waiting for the bank. Do not pay again; this page refreshes by itself.
result-action = Waiting for your bank's confirmation
result-action-what = 3-D Secure is not finished. If the bank's page is open, confirm there; the outcome will appear here.
result-action-go = Go to the bank's page
result-declined = The payment was not taken
result-expired = Time ran out
result-canceled = The payment was cancelled
result-no-reason = No money moved.
result-try-again = Pay again
result-steps = What are we doing?
result-if-taken = If it was taken,
result-if-taken-what = your receipt comes and your debt is closed.
result-if-not = If it was not,
result-if-not-what = a button to pay again appears here. Amount and invoices are kept.
result-may-close = You may close this page.
result-may-close-what = We go on asking without you.
refresh-state = Refresh
step-sent = The payment was sent to the bank
step-waiting = Waiting for the bank
step-asked =
    The bank was asked { $n ->
        [one] once
        *[other] { $n } times
    }
step-next = The next inquiry is due
step-person = One of our people is talking to the bank
decline-next = Try another card or call your bank.
decline-next-never = Use another card and talk to your bank.
decline-next-later = Try another card or fewer instalments.
decline-next-change-data = Check the card details and try again.
decline-next-step-up = Try again and confirm on your bank's 3-D page.
decline-next-cascade = Try a single payment or another card.
decline-kept = Amount and invoices are kept.

## Receivables
receivable-add = Add a receivable
receivables-empty = There are no receivables yet
receivables-empty-what = Write who owes what, and it can be ticked on the pay page.
outstanding = Outstanding
of-amount = of { $amount }
open-receivables = Open receivables
owes-nothing = Owes nothing
owes-nothing-what = A new receivable will appear here.
parts = Parts

## Dealers and customers
dealer-add = Add a dealer
dealer-parent = Under
dealers-count =
    { $n ->
        [one] 1 dealer
        *[other] { $n } dealers
    }
dealers-tree = Tree of dealers
dealers-empty = There are no dealers yet
dealers-empty-what = Add a dealer, who then pays and sees sub-dealers here.
customer-add = Add a customer
customers-empty = There are no customers yet
customers-empty-what = Add the customers who owe you.
customers-search = Name or account code
code-hint = Your own code in the books, for example 120.01.0457

## Statement
opening = Opening balance
closing = Closing balance
debit = Debit
credit = Credit
line = Line
line-charge = Charge
line-payment = Payment
line-void = Void
line-refund = Refund
line-advance = Advance used
line-offset = Offset
line-transfer = Transfer
statement-figures = Account summary
statement-other = Choose another account
statement-empty = Nothing happened in these days
statement-empty-what = Choose a wider span of days.
statement-in-doubt = { $amount } of payments is in doubt.
statement-in-doubt-what = It does not count until the outcome is known.
statement-cut = There are too many lines to show.
statement-cut-what = Choose fewer days.

## POS accounts
pos-add = Add a POS account
pos-add-what = Choose the bank first, then enter what the bank gave you.
pos-choose = Go on
pos-name = Name of the account
pos-active = Active
pos-disabled = Disabled
pos-empty = There are no POS accounts yet
pos-empty-what = Enter a bank's virtual POS details, test them and start collecting.
pos-saved-what = The next payment uses them.
three-d-models = 3-D model
three-d-none = Do not use
changed-at = Last changed
settings-general = General
settings-group-account = Account
settings-group-three-d = 3-D Secure
settings-group-options = Options
secrets = Secrets
secret-set = Set ({ $time }). Leave empty to keep it.
secret-unset = Written only, never shown again.
endpoints = Addresses
endpoints-what = Changed in a sandbox only; where empty, the bank's address is used.
test-title = Bank test
test-run = Run
test-what = Makes a sale, a void and an inquiry at the bank's test address.
test-ok = Every step worked.
test-failed = A step did not work.
test-step-sale = Sale
test-step-void = Void
test-step-inquire = Inquiry
outcome-approved = Approved
outcome-declined = Declined
outcome-not-processed = Not sent
outcome-unknown = Not known
outcome-pending = Pending
outcome-skipped = Not tried

## Plugins
plugins-what = Every plugin runs in a closed box and sees only what it is granted.
plugins-empty = No plugins are installed
plugins-empty-what = Put plugin files into the server's plugin folder.
plugin-kind-pos = Bank
plugin-kind-erp = Accounting
plugin-kind-notify = Message
plugin-kind-biller = Biller
plugin-kind-statement = Bank statement
version = Version
publisher = Publisher
licence = Licence
contract = Contract
digest = Digest
plugin-versions = Versions
plugin-versions-what = New payments begin on the active version; payments under way stay on the one that began them.
plugin-staged = Staged
plugin-canary = Canary
plugin-active = Active
plugin-draining = Draining
plugin-retired = Retired
plugin-revoked = Withdrawn
plugin-origin = Origin
plugin-bundled = Came with the server
plugin-signed = Signed by a trusted publisher
plugin-unsigned = Unsigned (sandbox only)
plugin-added = Brought in
plugin-changed = Last changed
plugin-revoked-why = Why withdrawn
plugin-asks = Asks for more than the one before:
plugin-ask-endpoint = Send to a new endpoint
plugin-ask-host = Send to a new host
plugin-ask-card = Send card data
plugin-ask-secrets = Send secrets
plugin-ask-secret = Use a secret
plugin-ask-memory-bytes = More memory (bytes)
plugin-ask-cpu-ms = Run longer (ms)
plugin-ask-send-ms = Wait longer for the bank (ms)
plugin-ask-asks-before-writing = Be believed when it says it only asks
plugin-approve = I have looked at it and allow it
plugin-share = Share of new payments (1–100 %)
plugin-canary-begin = Try with this share
plugin-activate = Activate for all
plugin-rollback = Roll back
plugin-rollback-canary = On trial:
plugin-rollback-active = Activated later:
plugin-revoke = Withdraw for good
plugin-revoke-why = Why
capabilities = Can do
grant-net = Network
grant-card = the card may go there, the plugin cannot read it
grant-no-card = the card may not go there
grant-secrets = Secrets (written only)
grant-nothing-else = Files, clock, other network
grant-none = not granted

## API keys
keys-what = Keys with which programs use the API.
keys-empty = There are no keys yet
keys-empty-what = Make a key for your accounting program.
key-add = Make a key
key-name-hint = What it is for, for example “Logo export”
key-begins = Begins with
key-used = Last used
key-made = The key was made.
key-made-what = Copy it now, it is not shown again.
key-secret = Secret key
key-revoke = Revoke
key-revoked = Revoked
scopes = Scopes
scopes-needed = Choose at least one scope.
scope-payments-read = Look at payments
scope-payments-write = Take payments
scope-refunds-write = Void and refund
scope-books-read = Look at dealers, customers and receivables
scope-books-write = Write dealers, customers and receivables
scope-pos-read = Look at POS accounts
scope-pos-write = Write POS accounts

## Webhooks
webhooks-what = Tells your programs at once what happens to your payments.
webhooks-empty = There are no webhook endpoints yet
webhooks-empty-what = Add the address of your accounting program; it is told how each payment ends.
webhook-add = Add an endpoint
webhook = Webhook endpoint
webhook-url = Address
webhook-url-hint = Begins with https://. Private networks are not reached.
webhook-description-hint = What it is for, for example “Logo export”
webhook-events = Which events
webhook-events-hint = All of them where none is ticked.
webhook-events-all = All
webhook-active = Active
webhook-disabled = Disabled
webhook-failing = Failing
webhook-why-asked = Somebody disabled it.
webhook-why-gone = It answered 410: it wants nothing any more.
webhook-why-failing = It took nothing for five days.
webhook-failing-since = Failing since
webhook-last = Last taken
webhook-waiting = Waiting
webhook-given-up = Given up
webhook-secret = Signing secret
webhook-secret-made = The signing secret was made.
webhook-rotate = Rotate the secret
webhook-rotate-what = The new secret is shown once. The old one signs beside it for 24 hours.
webhook-old-until = The old secret signs until
webhook-test = Send a test
webhook-log = Delivery log
webhook-log-empty = Nothing was sent yet
webhook-log-empty-what = Send a test, or wait for the first payment.
webhook-replay = Deliver again
webhook-replay-what = Sends every event of these days once more, under the same ids.
webhook-replay-from = First day
webhook-replay-to = Last day
webhook-delete = Take it away
webhook-delete-what = What waits is given up and its secrets are forgotten.
webhook-delete-sure = I am sure
webhook-saved-what = It holds for what is told from now on.
delivery = Delivery
delivery-pending = On its way
delivery-delivered = Taken
delivery-failed = Given up
delivery-about = About
delivery-sequence = Sequence
delivery-next = Next try
delivery-resend = Send again
delivery-attempts = Tries
delivery-no-attempts = Not tried yet.
delivery-body = What is sent
delivery-outcome-taken = taken
delivery-outcome-refused = refused
delivery-outcome-gone = no longer wanted (410)
delivery-outcome-timeout = no answer in time
delivery-outcome-address = the address may not be reached
delivery-outcome-resolving = the name was not found
delivery-outcome-connecting = no connection
delivery-outcome-tls = no secure connection
delivery-outcome-sending = it broke while sending
delivery-outcome-awaiting-response = it broke before an answer
delivery-outcome-reading-response = it broke during the answer
scope-webhooks-read = Look at webhooks
scope-webhooks-write = Write webhooks

## Doubt
nav-doubts = In doubt
doubts-what = Every amount that was sent to a bank and has no certain outcome. The bank keeps being asked; do not collect again.
doubts-empty = Nothing is in doubt
doubts-empty-what = The outcome of every amount that was sent to a bank is known.
doubt-why = Why
doubt-since = Since
doubt-next-ask = Next inquiry
doubt-asked-no-more = Not asked any more
doubt-waits-second = Waits for a second person
doubt-needs-person = Needs a decision
doubt-to-payment = To the payment
doubt-will-be-asked = The bank will be asked again at { $at }.
doubt-if-silent = If it has not answered by { $until }, two persons decide the outcome.
doubt-asked-in-vain = The bank is not asked any more.
doubt-asked-in-vain-what = Every inquiry stayed without an answer. Find out from the bank, and decide it as two persons.
doubt-phase = At which step
doubt-detail = Detail
doubt-bank-said = The bank's words
doubt-inquiries = Times asked
doubt-not-found = Answers “no such order”
doubt-talk = What was said to the bank and by it
doubt-no-talk = Nothing is on record as sent to the bank.
doubt-decide = Decide the outcome
doubt-decide-what = Write what the bank's statement, letter or clerk says. Once a second person confirms, the books change as if the bank had answered.
doubt-evidence = Evidence
doubt-evidence-hint = How do you know? At least 10 letters. Do not write a card number.
doubt-reference = Document number
doubt-reference-hint = Number of the statement or of the bank's letter
doubt-digest = SHA-256 of the file
doubt-digest-hint = The file stays with you; its 64-digit digest stays here
doubt-propose = Send for confirmation
doubt-no-answer-in-time = The bank did not answer in time
doubt-connection-broke = The connection broke while sending
doubt-answer-too-long = The answer is too long to be taken
doubt-answer-status = The bank sent an error page
doubt-answer-format = The answer could not be read
doubt-order-differs = The answer names another order number
doubt-currency-differs = The answer names another currency
doubt-payer-away = The cardholder did not come back from the bank's page
doubt-contract-breach = The plugin could not interpret the answer
phase-sending = While sending
phase-awaiting-response = While waiting for the answer
phase-reading-response = While reading the answer
outcome-paid = The money was taken
outcome-unpaid = The money was not taken
outcome-held = The amount was held
outcome-not-held = The amount was not held
outcome-captured = What was held was captured
outcome-not-captured = What was held was not captured
outcome-voided = It was voided
outcome-not-voided = It was not voided
outcome-refunded = It was refunded
outcome-not-refunded = It was not refunded
proposal-open = Waits for confirmation: { $outcome }
proposal-by = Proposed by
proposal-expires = Good until
proposal-decided-by = Decided by
proposal-decided-at = Decided at
proposal-note = Note
proposal-own-what = You proposed this; a second person must confirm it.
proposal-other-what = Check the evidence yourself. Your confirmation changes the books and cannot be undone.
proposal-confirm = Confirm
proposal-reject = Reject
proposal-withdraw = Take back
proposal-earlier = Earlier proposals
proposal-refused = The decision was not taken
proposal-refused-what = Nothing has changed.
proposal-state-proposed = Waits for confirmation
proposal-state-confirmed = Confirmed
proposal-state-rejected = Rejected
proposal-state-withdrawn = Taken back
proposal-state-expired = Expired
alarm-bank-silent =
    { $n ->
        [one] { $pos } does not answer: one amount is in doubt.
       *[other] { $pos } does not answer: { $n } amounts are in doubt.
    }
alarm-asked-in-vain =
    { $n ->
        [one] { $pos } answered none of the inquiries: one amount needs a decision.
       *[other] { $pos } answered none of the inquiries: { $n } amounts need a decision.
    }
alarm-contradiction =
    { $n ->
        [one] { $pos } says the opposite of our books about one amount.
       *[other] { $pos } says the opposite of our books about { $n } amounts.
    }
alarm-stray-stuck =
    { $n ->
        [one] { $pos } does not give back what it approved too late: one amount.
       *[other] { $pos } does not give back what it approved too late: { $n } amounts.
    }
alarm-since = Since { $at }.
alarm-payments = Its payments
alarm-found = What did you find?
alarm-found-hint = How was it settled with the bank? This note stays in the audit trail.
alarm-close = Close the alarm
home-alarms =
    { $n ->
        [one] One alarm is waiting for you.
       *[other] { $n } alarms are waiting for you.
    }
home-alarms-what = Trouble at a bank needs a person's eyes.
event-doubt-proposed = A decision was proposed
event-attempt-contradicted = The bank later said the opposite; no money was moved, a person is looking
event-attempt-borne-out = The bank bore the decision out
event-capture-contradicted = The bank later said the opposite about the capture
event-void-contradicted = The bank later said the opposite about the void
event-refund-contradicted = The bank later said the opposite about the refund
event-capture-news-refused = News that did not fit the capture was ignored
event-void-news-refused = News that did not fit the void was ignored
event-refund-news-refused = News that did not fit the refund was ignored
scope-plugins-write = Bring plugins in and choose versions

# Routing
nav-routing = Routing
routing-what = Rules that say which POS account each payment goes through. They are read from the top; the first that fits and has an account decides.
routing-add = Add a rule
routing-empty = No rules yet
routing-empty-what = Without rules every payment goes through the nearest POS account. Send Bonus cards to Garanti, for example, or large amounts to the cheapest account.
routing-otherwise = Where no rule fits, the payment goes through the nearest POS account of the one who collects.
routing-saved-what = The rules count from the next payment on.
routing-changed = The rules changed meanwhile.
routing-changed-what = This is how they are now; try again.
routing-if = If { $conditions }, charge through { $accounts }.
routing-always = Charge every payment through { $accounts }.
routing-cheapest = the cheapest of { $accounts }
routing-and = and
routing-or = or
routing-else = or else
routing-cap = At most { $amount } a day through each account.
routing-money = Waiting a year for the money counts { $rate }.
routing-healthy = An account whose bank does not answer is left out.
routing-bins-many = one of { $n } BINs
routing-on-bin = the card begins with { $value }
routing-on-programme = the card programme is { $value }
routing-on-bank = the card’s bank is { $value }
routing-on-kind = the card is a { $value }
routing-on-commercial = the card is a company’s
routing-on-personal = the card is personal
routing-on-instalments = the instalments are { $value }
routing-on-amount = the amount is { $value }
routing-on-dealer = { $value } collects
routing-on-day = the day is { $value }
routing-on-hours = the time is { $value }
routing-from = at least { $value }
routing-up-to = at most { $value }
day-monday = Monday
day-tuesday = Tuesday
day-wednesday = Wednesday
day-thursday = Thursday
day-friday = Friday
day-saturday = Saturday
day-sunday = Sunday
routing-kind-credit = credit card
routing-kind-debit = bank card
routing-kind-prepaid = prepaid card
routing-kind-unknown = card that is in no table
routing-edit = Change
routing-edit-of = Change rule { $place }
routing-up-of = Move rule { $place } up
routing-down-of = Move rule { $place } down
routing-rule-n = Rule { $place }
routing-active = On
routing-disabled = Off
routing-name = Name of the rule
routing-name-hint = Optional, for example “Bonus cards”
routing-through = Through which account
routing-account-first = First
routing-account-next = If it cannot be reached, number { $n }
routing-cheapest-first = By cost instead of in this order
routing-cheapest-hint = The commission of the instalment table and waiting for the money count together; the cheapest is tried first.
routing-money-rate = Cost of money a year
routing-money-rate-hint = For value dates and blocked days
routing-daily-cap = Most a day through each account
routing-daily-cap-hint = What would pass it goes to the next account or rule
routing-healthy-only = Only while its bank answers
routing-healthy-hint = The account is left out if half of the attempts of the last ten minutes got no answer.
routing-when = Which payments
routing-when-hint = A condition that is left empty fits every payment.
routing-any = Any
routing-bin = BIN
routing-bin-hint = The first 6–8 digits of the card, with blanks between
routing-programme = Card programme
routing-bank = The card’s bank
routing-kind = Kind of card
routing-commercial = Whose card
routing-personal = Personal
routing-company = Company
routing-instalments = Instalments
routing-instalments-min = Fewest instalments
routing-instalments-max = Most instalments
routing-amount = Amount
routing-amount-min = Smallest amount
routing-amount-max = Largest amount
routing-dealer = Who collects
routing-day = Day
routing-time = Time
routing-hours-from = From
routing-hours-until = Until
routing-hours-hint = For a night write an earlier time than the first
routing-error-count = Write a number.
routing-delete = Delete the rule
routing-delete-what = The rules below move up. What it decided stays explained with each payment.
routing-delete-sure = I am sure
routing-try-title = Try it
routing-try-what = Nothing is charged; it shows where such a payment would go, and why.
routing-try = Where does it go?
routing-try-bin = First digits of the card
routing-try-firm = The firm itself
routing-why = Why this account?
routing-none = No account can take it.
routing-none-what = No active POS account can take this payment.
routing-by-request = The request named the account.
routing-by-rule = Rule { $place } decided. { $name }
routing-by-table = The line of the instalment table belongs to this account.
routing-by-nearest = No rule decided; it is the nearest account.
routing-went-on = { $from } did not process it; it went on at { $to }.
routing-rules-looked-at = Rules that were looked at
routing-accounts-looked-at = Accounts that were looked at
routing-decided = Decided
routing-not-met = Did not fit
routing-no-account = No account for it
routing-of-rule = Rule { $place }
routing-commission = Commission
routing-money-cost = Cost of waiting
routing-can = Can be used
routing-skip-not-usable = Cannot be used
routing-skip-other-terms = Other terms
routing-skip-over-cap = Over the day’s cap
routing-skip-unhealthy = Its bank does not answer
routing-skip-not-ready = Its settings do not fit
event-payment-rerouted = Nothing was processed; the payment goes on at another POS account
