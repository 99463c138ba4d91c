//! What a guest can call: the host's side of `vezne:host`, for the length of one call.
//!
//! Everything a connector can learn from here is fixed when the call begins: clock, entropy, settings, card.
//! Nothing waits, nothing does I/O, and everything it can make the host hold is counted.

mod entropy;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::UpdateDeadline;
use wasmtime::component::{Resource, ResourceTable};

use super::bounds::Bounds;
use super::contract::{SealedCard, common, fault, host, money, wire};
use super::installation::Secret;
use super::manifest::Manifest;
use super::permits::{LongPlace, Share};
use super::record::{Comparison, Given};
use super::scrub::redacted;
use super::sealed::{Charset, Cipher, Digest, Escape, Labels, Piece, SealError, SealFault, Sealed, TextForm};
use super::text;
use crate::limits;
use host::{card, clock, config, log, sealed};

/// A connector did what the contract forbids. Ends the call; the driver counts it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Breach(pub String);

fn breach(sentence: impl Into<String>) -> wasmtime::Error {
    wasmtime::Error::new(Breach(sentence.into()))
}

/// The state of one call's store; dropped with it.
pub(super) struct Sandbox {
    pub limits: Bounds,
    pub table: ResourceTable,
    pub config: Arc<BTreeMap<String, String>>,
    pub secrets: Arc<BTreeMap<String, Secret>>,
    manifest: Arc<Manifest>,
    pub now_ms: i64,
    pub zone: String,
    /// Whose running time it is.
    pub share: Option<Arc<Share>>,
    pub long_place: LongPlace,
    /// Ticks of the epoch clock this call may run, and those that are left of them.
    ticks: u32,
    pub ticks_left: u32,
    gave_way: bool,
    began: Instant,
    pub records: Vec<Record>,
    /// Where it trapped.
    pub backtrace: Vec<String>,
    /// A comparison came out true.
    pub verified: bool,
    /// Comparisons that came out false.
    pub comparisons_false: u32,
    /// What every comparison said, for the recording.
    pub compared: Vec<Comparison>,
    /// The numbers behind references, likewise.
    pub references: Vec<u64>,
    /// What an earlier run was given, while it is played again.
    pub again: Option<Given>,
    /// How long it took to be made.
    pub instantiated: Duration,
    /// Functions of this module that the guest called.
    pub host_calls: u32,
    comparisons: u32,
    seed: [u8; 32],
    drawn: u64,
    entropy_bytes: usize,
    sealed_bytes: usize,
}

/// One log record, redacted and cut.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub level: log::Level,
    pub message: String,
}

impl Sandbox {
    pub fn new(manifest: &Arc<Manifest>, limits: Bounds, ticks: u32, seed: [u8; 32]) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits::PLUGIN_RESOURCES_MAX);
        Self {
            limits,
            table,
            config: Arc::default(),
            secrets: Arc::default(),
            manifest: Arc::clone(manifest),
            now_ms: 0,
            zone: "UTC".to_owned(),
            share: None,
            long_place: LongPlace::default(),
            ticks,
            ticks_left: ticks,
            gave_way: false,
            began: Instant::now(),
            records: Vec::new(),
            backtrace: Vec::new(),
            verified: false,
            comparisons_false: 0,
            compared: Vec::new(),
            references: Vec::new(),
            again: None,
            instantiated: Duration::ZERO,
            host_calls: 0,
            comparisons: 0,
            seed,
            drawn: 0,
            entropy_bytes: 0,
            sealed_bytes: 0,
        }
    }

    /// The epoch clock ticked while the guest ran, or the guest is back from giving way. Each tick it gives way to other
    /// tasks, and after its last one it is cut off; the time in which others ran is not its own.
    pub fn tick(&mut self) -> UpdateDeadline {
        // Of one that burnt more than its part while others want theirs, the time counts as well in which it does not
        // run: so it does not matter how many of its calls there are at once.
        let greedy = self.share.as_ref().is_some_and(|share| share.is_greedy());
        if greedy && self.began.elapsed() >= self.longest() {
            return UpdateDeadline::Interrupt;
        }
        if self.gave_way {
            self.gave_way = false;
            return UpdateDeadline::Continue(1);
        }
        if self.ticks_left <= 1 {
            return UpdateDeadline::Interrupt;
        }
        self.ticks_left -= 1;
        self.gave_way = true;
        // Looked at again as soon as it is back, before it runs on.
        match &self.share {
            Some(share) if self.long_place.get().is_none() => {
                UpdateDeadline::YieldCustom(0, share.long_place(&self.long_place, self.began + self.longest()))
            }
            _ => UpdateDeadline::Yield(0),
        }
    }

    /// How long it may be there while others want the machine.
    fn longest(&self) -> Duration {
        limits::PLUGIN_TICK * self.ticks + limits::PLUGIN_LATE
    }

    fn push(&mut self, value: Sealed) -> wasmtime::Result<Resource<Sealed>> {
        self.sealed_bytes += value.expose().len();
        if self.sealed_bytes > limits::SEALED_BYTES_PER_CALL_MAX {
            return Err(breach("too many sealed values in one call"));
        }
        self.table.push(value).map_err(|_| breach("too many resources in one call"))
    }

    fn value(&self, handle: &Resource<Sealed>) -> wasmtime::Result<&Sealed> {
        self.table.get(handle).map_err(|_| breach("a sealed handle that is not there"))
    }

    /// A value, an error for the guest, or the end of the call.
    fn sealed_or_error(
        &mut self,
        result: Result<Sealed, SealFault>,
    ) -> wasmtime::Result<Result<Resource<Sealed>, sealed::SealError>> {
        match result {
            Ok(value) => Ok(Ok(self.push(value)?)),
            Err(SealFault::Error(error)) => Ok(Err(error_in(error))),
            Err(SealFault::Breach(sentence)) => Err(breach(sentence)),
        }
    }

    fn sealed_only(&mut self, result: Result<Sealed, SealFault>) -> wasmtime::Result<Resource<Sealed>> {
        match result {
            Ok(value) => self.push(value),
            Err(SealFault::Breach(sentence)) => Err(breach(sentence)),
            Err(SealFault::Error(_)) => Err(breach("an operation that cannot fail failed")),
        }
    }
}

fn error_in(error: SealError) -> sealed::SealError {
    match error {
        SealError::NoSuchSecret => sealed::SealError::NoSuchSecret,
        SealError::BadKey => sealed::SealError::BadKey,
        SealError::Unencodable => sealed::SealError::Unencodable,
        SealError::NotAllowed(why) => sealed::SealError::NotAllowed(why),
    }
}

impl sealed::Host for Sandbox {
    fn equals(&mut self, a: Resource<Sealed>, b: Vec<u8>, ignore_ascii_case: bool) -> wasmtime::Result<bool> {
        self.comparisons += 1;
        if self.comparisons > limits::EQUALS_PER_CALL_MAX {
            return Err(breach("too many comparisons in one call"));
        }
        let value = self.value(&a)?;
        let print = value.made().print();
        match value.equals(&b, ignore_ascii_case) {
            Ok(same) => {
                // Played again, the keys are made up: the bit is the recorded one.
                let same = self.again.as_ref().map_or(same, |again| again.equal(&print, &b));
                self.compared.push(Comparison::new(print, &b, same));
                self.verified |= same;
                self.comparisons_false += u32::from(!same);
                Ok(same)
            }
            Err(SealFault::Breach(sentence)) => Err(breach(sentence)),
            Err(SealFault::Error(_)) => Err(breach("a comparison that cannot be made")),
        }
    }
}

type SealedResult = wasmtime::Result<Result<Resource<Sealed>, sealed::SealError>>;

impl sealed::HostSealed for Sandbox {
    fn secret(&mut self, name: String) -> SealedResult {
        let made = format!("secret:{name}");
        // Only what the manifest asks for: a secret left over from another version stays out of reach.
        let asked = self.manifest.secrets.iter().any(|asked| asked.name == name);
        let secret =
            self.secrets.get(&name).filter(|_| asked).map(|secret| Sealed::secret(secret.expose()).named(&made));
        self.sealed_or_error(secret.ok_or(SealFault::Error(SealError::NoSuchSecret)))
    }

    fn concat(&mut self, pieces: Vec<sealed::Piece>) -> wasmtime::Result<Resource<Sealed>> {
        let mut borrowed = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            borrowed.push(match piece {
                sealed::Piece::Text(text) => Piece::Plain(text.as_bytes()),
                sealed::Piece::Bytes(bytes) => Piece::Plain(bytes),
                sealed::Piece::Sealed(handle) => Piece::Sealed(self.value(handle)?),
            });
        }
        let joined = Sealed::concat(&borrowed);
        self.sealed_only(joined)
    }

    fn digest(&mut self, this: Resource<Sealed>, alg: sealed::DigestAlg) -> wasmtime::Result<Resource<Sealed>> {
        let digest = self.value(&this)?.digest(digest_of(alg));
        self.push(digest)
    }

    fn hmac(&mut self, this: Resource<Sealed>, alg: sealed::DigestAlg, key: Resource<Sealed>) -> SealedResult {
        let result = self.value(&this)?.hmac(digest_of(alg), self.value(&key)?);
        self.sealed_or_error(result)
    }

    fn encrypt(
        &mut self,
        this: Resource<Sealed>,
        alg: sealed::CipherAlg,
        key: Resource<Sealed>,
        iv: Vec<u8>,
    ) -> SealedResult {
        let alg = match alg {
            sealed::CipherAlg::TdesCbcPkcs7 => Cipher::TdesCbcPkcs7,
            sealed::CipherAlg::Aes128CbcPkcs7 => Cipher::Aes128CbcPkcs7,
            sealed::CipherAlg::Aes256CbcPkcs7 => Cipher::Aes256CbcPkcs7,
            sealed::CipherAlg::Aes256Gcm => Cipher::Aes256Gcm,
        };
        let result = self.value(&this)?.encrypt(alg, self.value(&key)?, &iv);
        self.sealed_or_error(result)
    }

    fn to_text(&mut self, this: Resource<Sealed>, form: sealed::TextForm) -> wasmtime::Result<Resource<Sealed>> {
        let result = self.value(&this)?.to_text(form_of(form));
        self.sealed_only(result)
    }

    fn decoded(&mut self, this: Resource<Sealed>, form: sealed::TextForm) -> SealedResult {
        let result = self.value(&this)?.decoded(form_of(form));
        self.sealed_or_error(result)
    }

    fn escaped(&mut self, this: Resource<Sealed>, how: sealed::Escape) -> wasmtime::Result<Resource<Sealed>> {
        let how = match how {
            sealed::Escape::UrlForm => Escape::UrlForm,
            sealed::Escape::XmlText => Escape::XmlText,
            sealed::Escape::JsonString => Escape::JsonString,
            sealed::Escape::BackslashPipe => Escape::BackslashPipe,
        };
        let result = self.value(&this)?.escaped(how);
        self.sealed_only(result)
    }

    fn transcoded(&mut self, this: Resource<Sealed>, to: sealed::Charset) -> SealedResult {
        let to = match to {
            sealed::Charset::Iso8859x1 => Charset::Iso8859x1,
            sealed::Charset::Iso8859x9 => Charset::Iso8859x9,
            sealed::Charset::Windows1254 => Charset::Windows1254,
            sealed::Charset::Utf16le => Charset::Utf16Le,
        };
        let result = self.value(&this)?.transcoded(to);
        self.sealed_or_error(result)
    }

    fn replaced(&mut self, this: Resource<Sealed>, find: String, replacement: String) -> SealedResult {
        let result = self.value(&this)?.replaced(&find, &replacement);
        self.sealed_or_error(result)
    }

    fn slice(&mut self, this: Resource<Sealed>, start: u32, end: u32) -> SealedResult {
        let result = self.value(&this)?.slice(start, end);
        self.sealed_or_error(result)
    }

    fn drop(&mut self, handle: Resource<Sealed>) -> wasmtime::Result<()> {
        let value = self.table.delete(handle).map_err(|_| breach("a sealed handle that is not there"))?;
        self.sealed_bytes -= value.expose().len();
        Ok(())
    }
}

fn digest_of(alg: sealed::DigestAlg) -> Digest {
    match alg {
        sealed::DigestAlg::Md5 => Digest::Md5,
        sealed::DigestAlg::Sha1 => Digest::Sha1,
        sealed::DigestAlg::Sha256 => Digest::Sha256,
        sealed::DigestAlg::Sha384 => Digest::Sha384,
        sealed::DigestAlg::Sha512 => Digest::Sha512,
    }
}

fn form_of(form: sealed::TextForm) -> TextForm {
    match form {
        sealed::TextForm::HexLower => TextForm::HexLower,
        sealed::TextForm::HexUpper => TextForm::HexUpper,
        sealed::TextForm::Base64 => TextForm::Base64,
        sealed::TextForm::Base64url => TextForm::Base64Url,
    }
}

impl card::Host for Sandbox {}

impl card::HostCard for Sandbox {
    fn visible(&mut self, this: Resource<SealedCard>) -> wasmtime::Result<card::Visible> {
        let card = self.card(&this)?;
        Ok(card::Visible {
            bin: card.bin.clone(),
            last4: card.last4.clone(),
            scheme: card.scheme.clone(),
            program: card.program.clone(),
            length: card.length,
        })
    }

    fn pan(&mut self, this: Resource<SealedCard>) -> wasmtime::Result<Resource<Sealed>> {
        let pan = self.card(&this)?.pan.clone();
        self.push(pan)
    }

    fn expiry(&mut self, this: Resource<SealedCard>, form: card::ExpiryForm) -> wasmtime::Result<Resource<Sealed>> {
        let card = self.card(&this)?;
        let (month, year, short) = (card.month, card.year, card.year % 100);
        let made = format!("expiry:{form:?}");
        let text = match form {
            card::ExpiryForm::Yymm => format!("{short:02}{month:02}"),
            card::ExpiryForm::Mmyy => format!("{month:02}{short:02}"),
            card::ExpiryForm::Yyyymm => format!("{year:04}{month:02}"),
            card::ExpiryForm::MmSlashYy => format!("{month:02}/{short:02}"),
            card::ExpiryForm::Mm => format!("{month:02}"),
            card::ExpiryForm::Yy => format!("{short:02}"),
            card::ExpiryForm::Yyyy => format!("{year:04}"),
        };
        self.push(Sealed::new(text, Labels::EXPIRY).named(&made))
    }

    fn security_code(&mut self, this: Resource<SealedCard>) -> wasmtime::Result<Option<Resource<Sealed>>> {
        let code = self.card(&this)?.security_code.clone();
        code.map(|code| self.push(code)).transpose()
    }

    fn holder(&mut self, this: Resource<SealedCard>) -> wasmtime::Result<Option<Resource<Sealed>>> {
        let holder = self.card(&this)?.holder.clone();
        holder.map(|holder| self.push(holder)).transpose()
    }

    fn drop(&mut self, handle: Resource<SealedCard>) -> wasmtime::Result<()> {
        self.table.delete(handle).map(drop).map_err(|_| breach("a card handle that is not there"))
    }
}

impl Sandbox {
    /// What this call was given besides its inputs.
    pub fn given(&self) -> Given {
        Given { seed: hex::encode(self.seed), references: self.references.clone(), compared: self.compared.clone() }
    }

    fn card(&self, handle: &Resource<SealedCard>) -> wasmtime::Result<&SealedCard> {
        self.table.get(handle).map_err(|_| breach("a card handle that is not there"))
    }
}

// Interfaces of types only: nothing to call.
impl money::Host for Sandbox {}
impl wire::Host for Sandbox {}
impl fault::Host for Sandbox {}
impl common::Host for Sandbox {}

impl log::Host for Sandbox {
    fn emit(&mut self, level: log::Level, message: String, attributes: Vec<(String, String)>) -> wasmtime::Result<()> {
        // Over the limit is not a breach: a chatty connector loses words, not payments.
        if self.records.len() < limits::PLUGIN_LOG_RECORDS_MAX {
            let mut line = message;
            for (name, value) in attributes {
                line.extend([" ", &name, "=", &value]);
            }
            // Enough to redact a number that stands across the end, and no more: this is a guest's way to make the host
            // work.
            let line = text::cut(&line, 2 * limits::PLUGIN_LOG_BYTES_MAX);
            let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            let message = text::cut(&redacted(&line), limits::PLUGIN_LOG_BYTES_MAX);
            self.records.push(Record { level, message });
        }
        Ok(())
    }
}

impl clock::Host for Sandbox {
    fn now_unix_millis(&mut self) -> wasmtime::Result<u64> {
        Ok(u64::try_from(self.now_ms).unwrap_or(0))
    }

    fn now_civil(&mut self) -> wasmtime::Result<clock::Civil> {
        let now = jiff::Timestamp::from_millisecond(self.now_ms).map_err(|_| breach("the clock is out of range"))?;
        // An unknown zone is the host's mistake, not the guest's: UTC keeps payments going.
        let zone = jiff::tz::TimeZone::get(&self.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let civil = now.to_zoned(zone).datetime();
        let small = |value: i8| u8::try_from(value).unwrap_or(0);
        Ok(clock::Civil {
            year: u16::try_from(civil.year()).unwrap_or(0),
            month: small(civil.month()),
            day: small(civil.day()),
            hour: small(civil.hour()),
            minute: small(civil.minute()),
            second: small(civil.second()),
            millis: u16::try_from(civil.millisecond()).unwrap_or(0),
        })
    }
}

impl config::Host for Sandbox {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        Ok(self.config.get(&key).cloned())
    }
}
