//! The frame around a page: document, band, menu, scope, and the narrower frame of the pay pages.

use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use leptos::prelude::*;
use vezne_api::{Me, Permission};

use crate::{
    asset::Asset,
    part::icon::{self, icon},
    text::Locale,
    visit::{Theme, Visit},
};

/// The entry of the menu that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after its page")]
pub enum Nav {
    Home,
    Payments,
    Pay,
    Receivables,
    Dealers,
    Customers,
    Statement,
    Doubts,
    Pos,
    Routing,
    Instalments,
    Plugins,
    ApiKeys,
    Webhooks,
    Menu,
    None,
}

struct Entry {
    nav: Nav,
    href: &'static str,
    key: &'static str,
    icon: &'static str,
    needs: Option<Permission>,
    /// `k` is kept in a phone's bottom bar, `m` stands only there.
    class: &'static str,
}

const fn entry(
    nav: Nav,
    href: &'static str,
    key: &'static str,
    icon: &'static str,
    needs: Option<Permission>,
    class: &'static str,
) -> Entry {
    Entry { nav, href, key, icon, needs, class }
}

const MONEY: [Entry; 6] = [
    entry(Nav::Home, "/", "nav-home", icon::HOME, None, "k"),
    entry(Nav::Payments, "/payments", "nav-payments", icon::LIST, Some(Permission::PaymentRead), "k"),
    entry(Nav::Pay, "/pay", "nav-pay", icon::PLUS, Some(Permission::PaymentCreate), "k"),
    entry(Nav::Receivables, "/receivables", "nav-receivables", icon::CARD, Some(Permission::ReceivableRead), ""),
    entry(Nav::Statement, "/statement", "nav-statement", icon::LEDGER, Some(Permission::ReceivableRead), "k"),
    entry(Nav::Doubts, "/doubts", "nav-doubts", icon::DOUBT, Some(Permission::DoubtRead), ""),
];
const TREE: [Entry; 2] = [
    entry(Nav::Dealers, "/dealers", "nav-dealers", icon::TREE, Some(Permission::DealerRead), ""),
    entry(Nav::Customers, "/customers", "nav-customers", icon::USERS, Some(Permission::CustomerRead), ""),
];
const ADMIN: [Entry; 6] = [
    entry(Nav::Pos, "/pos", "nav-pos", icon::BANK, Some(Permission::PosAccountRead), ""),
    entry(Nav::Routing, "/routing", "nav-routing", icon::ROUTE, Some(Permission::PosAccountRead), ""),
    entry(Nav::Instalments, "/instalments", "nav-instalments", icon::PERCENT, Some(Permission::PosAccountRead), ""),
    entry(Nav::Plugins, "/plugins", "nav-plugins", icon::PLUG, Some(Permission::PosAccountRead), ""),
    entry(Nav::ApiKeys, "/api-keys", "nav-api-keys", icon::CODE, Some(Permission::ApiKeyWrite), ""),
    entry(Nav::Webhooks, "/webhooks", "nav-webhooks", icon::BELL, Some(Permission::WebhookRead), ""),
];
const PHONE: [Entry; 1] = [entry(Nav::Menu, "/menu", "nav-menu", icon::MENU, None, "m")];

/// A signed-in page.
pub fn page(visit: &Visit, current: Nav, title: &str, main: AnyView) -> Response {
    page_with_status(visit, StatusCode::OK, current, title, main)
}

/// A signed-in page with a status of its own: a form that came back with errors, a fault.
pub fn page_with_status(visit: &Visit, status: StatusCode, current: Nav, title: &str, main: AnyView) -> Response {
    let t = visit.t();
    let body = view! {
        <a class="skip" href="#content">{t.s("skip-content")}</a>
        {test_band(t, visit.me().is_some_and(|me| !me.livemode))}
        <div class="app">
            {side(visit, current)}
            <div>{top(visit, current)}<main class="main" id="content" tabindex="-1">{main}</main></div>
        </div>
    };
    document(visit, status, title, &visit.portal().assets().portal, "", body.into_any())
}

/// A page of the teller's window: pay, result, sign-in. `slim` is the narrow form.
pub fn window_page(visit: &Visit, status: StatusCode, frame: &WindowFrame<'_>, main: AnyView) -> Response {
    let t = visit.t();
    let body = view! {
        <a class="skip" href=format!("#{}", frame.skip_to)>{t.s("skip-content")}</a>
        {test_band(t, frame.test)}
        <main class=if frame.slim { "pay slim" } else { "pay" } data-poll=frame.poll>
            {window_header(visit, frame)}{main}{window_footer(visit, frame.firm)}
        </main>
    };
    let refresh = frame.poll.map_or_else(String::new, |seconds| {
        format!("<noscript><meta http-equiv=\"refresh\" content=\"{seconds}\"></noscript>")
    });
    document(visit, status, frame.title, &visit.portal().assets().pay, &refresh, body.into_any())
}

/// What differs between the pages of the teller's window.
pub struct WindowFrame<'a> {
    /// Title of the tab.
    pub title: &'a str,
    /// The firm's name.
    pub firm: &'a str,
    /// Where the skip link leads.
    pub skip_to: &'static str,
    /// The narrow form.
    pub slim: bool,
    /// No real money moves.
    pub test: bool,
    /// Look again every so many seconds.
    pub poll: Option<u32>,
    /// A way back into the portal for those who are signed in.
    pub signed_in: bool,
}

fn document(visit: &Visit, status: StatusCode, title: &str, script: &Asset, head: &str, body: AnyView) -> Response {
    let assets = visit.portal().assets();
    let body = render(body);
    let html = format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"{icon}\">\n<link rel=\"stylesheet\" href=\"{style}\">\n\
         <script type=\"module\" src=\"{script}\" integrity=\"{integrity}\" nonce=\"{nonce}\"></script>\n{head}</head>\n<body>\n{body}\n</body>\n</html>\n",
        lang = visit.t().code(),
        title = escape(title),
        icon = assets.icon.address,
        style = assets.style.address,
        script = script.address,
        integrity = script.integrity,
        nonce = visit.nonce(),
    );
    (status, Html(html)).into_response()
}

/// A view as text. Nothing is hydrated, so the empty comments that mark places for that are taken out.
pub fn render(view: AnyView) -> String {
    Owner::new().with(|| view.to_html()).replace("<!>", "")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn test_band(t: Locale, test: bool) -> Option<AnyView> {
    test.then(|| {
        view! {
            <div class="band" role="region" aria-label=t.s("band-label")><b>{t.s("band-test")}</b><span>{t.s("band-no-money")}</span></div>
        }
        .into_any()
    })
}

/// The teller's window.
pub fn logo(size: &'static str) -> AnyView {
    view! {
        <svg width=size height=size viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true">
            <path d="M4.5 20V11a7.5 7.5 0 0 1 15 0v9"></path><path d="M2.5 20.5h19"></path><path class="slot" d="M9.5 15.5h5"></path>
        </svg>
    }
    .into_any()
}

/// The firm's letters where a firm has no logo.
fn mark(firm: &str) -> AnyView {
    let letters: String = firm.split_whitespace().take(2).filter_map(|w| w.chars().next()).collect();
    view! {
        <svg class="mark" width="44" height="44" viewBox="0 0 44 44" aria-hidden="true"><rect width="44" height="44" fill="var(--fill)"></rect>
            <text x="22" y="28" text-anchor="middle" font-size="17" font-weight="600" fill="var(--on-fill)">{letters}</text></svg>
    }
    .into_any()
}

fn side(visit: &Visit, current: Nav) -> AnyView {
    let t = visit.t();
    let list = |entries: &[Entry]| {
        let items = entries.iter().filter_map(|e| nav_item(visit, e, current)).collect::<Vec<_>>();
        (!items.is_empty()).then(|| view! { <ul>{items}</ul> }.into_any())
    };
    let headed = |key: &str, entries: &[Entry]| list(entries).map(|ul| view! { <h2>{t.s(key)}</h2>{ul} }.into_any());
    view! {
        <aside class="side">
            <a class="brand" href="/">{logo("24")}"Vezne"</a>
            <nav aria-label=t.s("nav-label")>
                {list(&MONEY)}{headed("nav-group-tree", &TREE)}{headed("nav-group-admin", &ADMIN)}{list(&PHONE)}
            </nav>
            <div class="foot stack">{languages(visit)}{themes(visit)}{sign_out(visit)}{help(visit)}</div>
        </aside>
    }
    .into_any()
}

fn nav_item(visit: &Visit, entry: &Entry, current: Nav) -> Option<AnyView> {
    if entry.needs.is_some_and(|needed| !visit.may(needed)) {
        return None;
    }
    let here = (entry.nav == current).then_some("page");
    let class = (!entry.class.is_empty()).then_some(entry.class);
    Some(view! { <li class=class><a href=entry.href aria-current=here>{icon(entry.icon)}{visit.t().s(entry.key)}</a></li> }.into_any())
}

/// Every page of the menu that the visitor may open: what a phone's menu shows.
pub fn menu_links(visit: &Visit) -> Vec<AnyView> {
    MONEY
        .iter()
        .chain(&TREE)
        .chain(&ADMIN)
        .filter(|e| e.needs.is_none_or(|needed| visit.may(needed)))
        .map(|e| view! { <li><a href=e.href>{icon(e.icon)}{visit.t().s(e.key)}</a></li> }.into_any())
        .collect()
}

fn top(visit: &Visit, current: Nav) -> AnyView {
    let t = visit.t();
    let pay = (visit.may(Permission::PaymentCreate) && current != Nav::Pay)
        .then(|| view! { <a class="btn go end" href="/pay">{icon(icon::PLUS)}{t.s("nav-pay")}</a> }.into_any());
    view! { <header class="top">{visit.me().map(|me| scope(t, me))}{pay}</header> }.into_any()
}

/// The part of the tree that everything on the page is about.
fn scope(t: Locale, me: &Me) -> AnyView {
    let whole = me.path.len() <= 1;
    let below = if whole { t.s("scope-all") } else { me.node.name.clone() };
    view! {
        <a class="scope" href="/dealers" title=t.s("scope-title")>{icon(icon::TREE)}<b>{me.firm.clone()}</b><span class="soft">{below}</span></a>
    }
    .into_any()
}

/// TR EN AZ: links, so that they work without script and keep the filters of the page.
pub fn languages(visit: &Visit) -> AnyView {
    let t = visit.t();
    let links = Locale::ALL
        .into_iter()
        .map(|l| {
            let current = (l == t).then_some("true");
            view! { <a href=visit.here_with(&[("lang", l.code())]) aria-current=current lang=l.code()>{l.code().to_uppercase()}</a> }.into_any()
        })
        .collect::<Vec<_>>();
    view! { <nav class="seg" aria-label=t.s("language")>{links}</nav> }.into_any()
}

/// The theme switch. `tokens.css` acts on the radio at once; the server renders the saved one checked.
pub fn themes(visit: &Visit) -> AnyView {
    let t = visit.t();
    let radios = Theme::ALL
        .into_iter()
        .map(|theme| {
            let (key, path) = match theme {
                Theme::Light => ("theme-light", icon::SUN),
                Theme::Dark => ("theme-dark", icon::MOON),
                Theme::System => ("theme-system", icon::SCREEN),
            };
            let checked = theme == visit.theme();
            view! {
                <label title=t.s(key)><input type="radio" name="tema" value=theme.value() checked=checked aria-label=t.s(key) autocomplete="off" />{icon(path)}</label>
            }
            .into_any()
        })
        .collect::<Vec<_>>();
    view! { <fieldset class="seg"><legend class="vh">{t.s("theme")}</legend>{radios}</fieldset> }.into_any()
}

/// The form that ends the session.
pub fn sign_out(visit: &Visit) -> Option<AnyView> {
    let t = visit.t();
    let name = visit.me()?.user.as_ref()?.name.clone();
    Some(
        view! {
            <form method="post" action="/sign-out"><button class="btn plain" title=name>{icon(icon::LEAVE)}{t.s("sign-out")}</button></form>
        }
        .into_any(),
    )
}

fn help(visit: &Visit) -> Option<AnyView> {
    let phone = visit.portal().options().help_phone.clone()?;
    let tel = format!("tel:{}", phone.replace(' ', ""));
    Some(view! { <p class="row on small soft">{icon(icon::HELP)}<span>{visit.t().s("help")}": "<a href=tel>{phone}</a></span></p> }.into_any())
}

fn window_header(visit: &Visit, frame: &WindowFrame<'_>) -> AnyView {
    let t = visit.t();
    let back = frame.signed_in.then(|| view! { <a class="soft small" href="/">{t.s("back-to-portal")}</a> }.into_any());
    view! {
        <header class="row">
            <div class="firm">{mark(frame.firm)}<div><b>{frame.firm.to_owned()}</b>{back}</div></div>
            <div class="row end">{languages(visit)}{themes(visit)}</div>
        </header>
    }
    .into_any()
}

fn window_footer(visit: &Visit, firm: &str) -> AnyView {
    let t = visit.t();
    view! {
        <footer class="row small soft"><span>{firm.to_owned()}</span>{help(visit)}
            <span class="row end on"><span>{t.s("powered-by")}</span>{logo("16")}<b>"Vezne"</b></span></footer>
    }
    .into_any()
}
