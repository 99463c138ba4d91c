//! The bank's and the issuers' pages: plain HTML forms that work without script.

use std::fmt::Write;

/// Text made safe for HTML, attributes included.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f2f4f7;color:#1b2330}\
main{max-width:26rem;margin:8vh auto;padding:1.5rem;background:#fff;border-radius:12px;box-shadow:0 1px 4px #0002}\
h1{font-size:1.2rem;margin:0 0 1rem}dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:0 0 1rem}dt{color:#556}dd{margin:0;text-align:right}\
label{display:block;margin:.75rem 0 .25rem}input{font:inherit;width:100%;box-sizing:border-box;padding:.6rem;border:1px solid #8894a5;border-radius:8px;background:#fff;color:#1b2330}\
button{font:inherit;padding:.65rem 1rem;border-radius:8px;border:1px solid #0b5cad;background:#0b5cad;color:#fff;margin:1rem .5rem 0 0}\
button.quiet{background:transparent;color:#0b5cad}.error{color:#a3121f}.hint{color:#556;font-size:.9rem}.row{display:flex;gap:.75rem}.row>div{flex:1}\
@media(prefers-color-scheme:dark){body{background:#12161c;color:#e8ecf2}main{background:#1c222b}dt,.hint{color:#aab4c3}input{background:#12161c;color:#e8ecf2}button.quiet{color:#7fb8f0}.error{color:#ff8d97}}";

/// A whole page.
pub fn layout(lang: &str, title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>",
        if lang == "tr" { "tr" } else { "en" },
        title = escape(title),
    )
}

/// A form that sends itself off where there is script, and has a button where there is none.
pub fn auto_post(lang: &str, title: &str, url: &str, fields: &[(String, String)]) -> String {
    let mut inputs = String::new();
    for (name, value) in fields {
        let _ = writeln!(inputs, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value));
    }
    let (say, go) = pick(lang, ("Üye işyerine dönülüyor…", "Devam et"), ("Returning to the merchant…", "Continue"));
    let body = format!(
        "<h1>{say}</h1><form id=\"back\" method=\"post\" action=\"{}\" accept-charset=\"UTF-8\">\n{inputs}<button type=\"submit\">{go}</button></form>\
         <script>document.getElementById('back').submit()</script>",
        escape(url)
    );
    layout(lang, title, &body)
}

/// A page that only says something.
pub fn message(lang: &str, title: &str, text: &str) -> String {
    layout(lang, title, &format!("<h1>{}</h1><p>{}</p>", escape(title), escape(text)))
}

/// What a bank's own card form shows.
pub struct CardForm<'a> {
    /// `tr` or anything else for English.
    pub lang: &'a str,
    /// Who is paid.
    pub merchant: &'a str,
    /// `1.250,00 TL`
    pub amount: &'a str,
    /// Where it posts `pan`, `month`, `year`, `cv2` and `action` (`pay` or `cancel`).
    pub action: &'a str,
    /// What was wrong with the last try.
    pub error: Option<&'a str>,
}

/// A bank's own card form.
pub fn card_form(form: &CardForm<'_>) -> String {
    let l = form.lang;
    let (title, merchant, amount) =
        pick(l, ("Güvenli ödeme", "Üye işyeri", "Tutar"), ("Secure payment", "Merchant", "Amount"));
    let (number, month, year, code) =
        pick(l, ("Kart numarası", "Ay", "Yıl", "CVV"), ("Card number", "Month", "Year", "CVV"));
    let (pay, cancel) = pick(l, ("Öde", "Vazgeç"), ("Pay", "Cancel"));
    let error = form.error.map(|e| format!("<p class=\"error\" role=\"alert\">{}</p>", escape(e))).unwrap_or_default();
    let body = format!(
        "<h1>{title}</h1><dl><dt>{merchant}</dt><dd>{}</dd><dt>{amount}</dt><dd>{}</dd></dl>{error}\
         <form method=\"post\" action=\"{}\" autocomplete=\"off\">\
         <label for=\"pan\">{number}</label><input id=\"pan\" name=\"pan\" inputmode=\"numeric\" autocomplete=\"cc-number\" maxlength=\"23\">\
         <div class=\"row\"><div><label for=\"month\">{month}</label><input id=\"month\" name=\"month\" inputmode=\"numeric\" autocomplete=\"cc-exp-month\" maxlength=\"2\"></div>\
         <div><label for=\"year\">{year}</label><input id=\"year\" name=\"year\" inputmode=\"numeric\" autocomplete=\"cc-exp-year\" maxlength=\"2\"></div>\
         <div><label for=\"cv2\">{code}</label><input id=\"cv2\" name=\"cv2\" inputmode=\"numeric\" autocomplete=\"cc-csc\" maxlength=\"4\"></div></div>\
         <button type=\"submit\" name=\"action\" value=\"pay\">{pay}</button>\
         <button type=\"submit\" name=\"action\" value=\"cancel\" class=\"quiet\">{cancel}</button></form>",
        escape(form.merchant),
        escape(form.amount),
        escape(form.action),
    );
    layout(l, title, &body)
}

/// Turkish if `lang` is `tr`, else English.
pub fn pick<T>(lang: &str, tr: T, en: T) -> T {
    if lang == "tr" || lang.is_empty() { tr } else { en }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_attribute() {
        let page = auto_post("tr", "x", "http://m/\"><b>", &[("a\"b".into(), "<c>'&".into())]);
        assert!(page.contains("action=\"http://m/&quot;&gt;&lt;b&gt;\""));
        assert!(page.contains("name=\"a&quot;b\" value=\"&lt;c&gt;&#39;&amp;\""));
    }
}
