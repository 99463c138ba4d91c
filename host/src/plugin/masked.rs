//! Masking of everything that an act lets out: replies for the guest, notes for the timeline, words for
//! people.

use memchr::memmem;
use zeroize::Zeroizing;

use super::act::{BankRef, Callback};
use super::held::HeldCard;
use super::history::{HistoryLine, HistoryPage};
use super::installation::Installation;
use super::scrub::{Scrubber, redact};
use super::step::{Outcome, Response};
use super::text;
use crate::limits;

/// Secrets shorter than this are not searched for: they would hit everything.
const SECRET_BYTES_MIN: usize = 4;

/// No card number is shorter, in whatever form.
const NUMBER_BYTES_MIN: usize = 12;

/// Knows the card and the secrets of one act.
pub(super) struct Masker {
    scrubber: Option<Scrubber>,
    secrets: Vec<Zeroizing<String>>,
}

impl Masker {
    pub fn new(card: Option<&HeldCard>, installation: &Installation) -> Self {
        let mut secrets = Vec::new();
        for secret in installation.secrets.values().map(super::Secret::expose) {
            if secret.len() >= SECRET_BYTES_MIN {
                secrets.push(Zeroizing::new(secret.to_owned()));
                let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
                if form != *secret {
                    secrets.push(Zeroizing::new(form));
                }
            }
        }
        let scrubber = card.map(|card| Scrubber::new(card.pan()).with_code(card.security_code().as_ref()));
        Self { scrubber, secrets }
    }

    pub fn scrub_response(&self, response: &mut Response) {
        if let Some(scrubber) = &self.scrubber {
            scrubber.scrub_response(response);
        }
    }

    pub fn scrub_callback(&self, callback: &mut Callback) {
        if let Some(scrubber) = &self.scrubber {
            scrubber.scrub_callback(callback);
        }
    }

    /// A text for people: no card number, nothing that looks like one, no secret.
    pub fn text(&self, text: &str) -> String {
        let (mut bytes, holds_number) = (text.as_bytes().to_vec(), text.len() >= NUMBER_BYTES_MIN);
        if let Some(scrubber) = self.scrubber.as_ref().filter(|_| holds_number) {
            scrubber.scrub(&mut bytes);
        }
        for secret in &self.secrets {
            if memmem::find(&bytes, secret.as_bytes()).is_some() {
                bytes = String::from_utf8_lossy(&bytes).replace(secret.as_str(), "«secret»").into_bytes();
            }
        }
        if holds_number {
            redact(&mut bytes);
        }
        // Only ASCII was replaced by ASCII, and text by text.
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// The same for bytes of any charset.
    pub fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        if let Some(scrubber) = &self.scrubber {
            scrubber.scrub(&mut bytes);
        }
        for secret in &self.secrets {
            let mut at = 0;
            while let Some(found) = memmem::find(&bytes[at..], secret.as_bytes()) {
                bytes[at + found..at + found + secret.len()].fill(b'*');
                at += found + secret.len();
            }
        }
        redact(&mut bytes);
        bytes
    }

    /// An answer for the timeline.
    pub fn response(&self, response: &Response) -> String {
        let body = text::decoded(response.header("content-type"), &response.body);
        text::cut(&self.text(&body), limits::PLUGIN_NOTE_BYTES_MAX)
    }

    /// What a connector says of an outcome is stored and shown: bounded, and masked once more, because a
    /// message may be put together from pieces that were harmless alone.
    pub fn outcome(&self, outcome: Outcome) -> Outcome {
        let short = |text: String| text::cut(&self.text(&text), limits::PLUGIN_REFERENCE_BYTES_MAX);
        let message = |text: String| text::cut(&self.text(&text), limits::PLUGIN_MESSAGE_BYTES_MAX);
        let few = |attributes: Vec<(String, String)>| {
            let few = attributes.into_iter().take(limits::PLUGIN_ATTRIBUTES_MAX);
            few.map(|(name, value)| (short(name), message(value))).collect()
        };
        match outcome {
            Outcome::Approved(mut approval, stated) => {
                approval.bank = self.bank_ref(approval.bank);
                approval.raw_code = approval.raw_code.map(short);
                approval.attributes = few(approval.attributes);
                Outcome::Approved(approval, stated)
            }
            Outcome::Declined(mut decline) => {
                decline.category = short(decline.category);
                decline.bank_code = decline.bank_code.map(short);
                decline.bank_message = decline.bank_message.map(message);
                decline.attributes = few(decline.attributes);
                Outcome::Declined(decline)
            }
            Outcome::Pending(bank) => Outcome::Pending(self.bank_ref(bank)),
            Outcome::NotProcessed(detail) => Outcome::NotProcessed(message(detail)),
            Outcome::Unknown(detail) => Outcome::Unknown(message(detail)),
            Outcome::Told(mut worth, currency) => {
                worth.attributes = few(worth.attributes);
                Outcome::Told(worth, short(currency))
            }
        }
    }

    /// The same of what a bank's book has: nobody's card is held here, so whatever looks like one is taken out.
    pub fn page(&self, page: HistoryPage) -> HistoryPage {
        let short = |text: String| text::cut(&self.text(&text), limits::PLUGIN_REFERENCE_BYTES_MAX);
        let few = |attributes: Vec<(String, String)>| {
            let few = attributes.into_iter().take(limits::PLUGIN_ATTRIBUTES_MAX);
            few.map(|(name, value)| (short(name), short(value))).collect()
        };
        let line = |line: HistoryLine| HistoryLine {
            operation: line.operation.map(short),
            standing: short(line.standing),
            currency: line.currency.map(short),
            order_no: line.order_no.map(|text| text::cut(&text, limits::PLUGIN_REFERENCE_BYTES_MAX)),
            bank: self.bank_ref(line.bank),
            raw_code: line.raw_code.map(short),
            attributes: few(line.attributes),
            ..line
        };
        HistoryPage { lines: page.lines.into_iter().map(line).collect(), next: page.next }
    }

    /// References must stay exact, so only this attempt's own number is taken out, and they are bounded.
    fn bank_ref(&self, bank: BankRef) -> BankRef {
        let exact = |mut text: String| {
            if let Some(scrubber) = &self.scrubber {
                scrubber.scrub_text(&mut text);
            }
            text::cut(&text, limits::PLUGIN_REFERENCE_BYTES_MAX)
        };
        let mut extra = bank.extra;
        extra.truncate(limits::PLUGIN_REFERENCES_MAX);
        BankRef {
            bank_order_id: bank.bank_order_id.map(exact),
            transaction_id: bank.transaction_id.map(exact),
            auth_code: bank.auth_code.map(exact),
            extra: extra.into_iter().map(|(name, value)| (exact(name), exact(value))).collect(),
        }
    }
}
