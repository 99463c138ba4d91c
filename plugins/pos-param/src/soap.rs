//! SOAP 1.1 around everything: a call of one operation, and the result inside an answer.

use vezne_plugin::value::{self, Value};
use vezne_plugin::xml::{Element, Tree};
use vezne_plugin::{Fault, Field, HttpRequest, HttpResponse, Part, answer, body};

use crate::settings::Settings;

/// Namespace of the payment service.
const PAYMENTS: &str = "https://turkpos.com.tr/";
/// Namespace of the hosted page's service.
const HOSTED: &str = "https://turkodeme.com.tr/";

/// A call of one operation.
#[derive(Debug)]
pub struct Call {
    /// The operation: `TP_WMD_UCD`, ….
    pub operation: &'static str,
    namespace: &'static str,
    endpoint: &'static str,
    header: Option<Element>,
    body: Element,
}

impl Call {
    /// Of the payment service, which wants account and key in the operation itself.
    pub fn payment(settings: &Settings, operation: &'static str) -> Result<Self, Fault> {
        let body = Element::new(operation)
            .attribute("xmlns", PAYMENTS)
            .child(account(settings, Element::new("G"))?)
            .field("GUID", value::secret("guid")?);
        Ok(Self { operation, namespace: PAYMENTS, endpoint: "api", header: None, body })
    }

    /// Of the hosted page's service, which wants the account in the SOAP header.
    pub fn hosted(settings: &Settings, operation: &'static str) -> Result<Self, Fault> {
        let header = Element::new("ServiceSecuritySoapHeader").attribute("xmlns", HOSTED);
        let header = Some(account(settings, header)?);
        let body = Element::new(operation).attribute("xmlns", HOSTED);
        Ok(Self { operation, namespace: HOSTED, endpoint: "hosted-api", header, body })
    }

    /// Adds a parameter.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.body = self.body.field(name, value);
        self
    }

    /// Adds a parameter if there is a value.
    #[must_use]
    pub fn optional(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// As the document's parts.
    pub fn into_document(self) -> Result<Vec<Part>, Fault> {
        let header = self.header.map(|header| Element::new("soap:Header").child(header));
        let body = Element::new("soap:Body").child(self.body);
        document(header.into_iter().chain([body]))
    }

    /// As a request. The service tells operations apart by the header `SOAPAction`.
    pub fn into_request(self) -> Result<HttpRequest, Fault> {
        let action = format!("\"{}{}\"", self.namespace, self.operation);
        let endpoint = self.endpoint;
        let mut request = body::post(endpoint, "", "text/xml; charset=utf-8", self.into_document()?);
        request.headers.push(Field { name: "soapaction".into(), value: Part::Text(action) });
        Ok(request)
    }
}

fn account(settings: &Settings, parent: Element) -> Result<Element, Fault> {
    Ok(parent
        .field("CLIENT_CODE", &settings.client_code)
        .field("CLIENT_USERNAME", &settings.user_name)
        .field("CLIENT_PASSWORD", value::secret("api-password")?))
}

/// An envelope around its children.
pub fn document(children: impl IntoIterator<Item = Element>) -> Result<Vec<Part>, Fault> {
    let envelope = Element::new("soap:Envelope")
        .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
        .attribute("xmlns:xsd", "http://www.w3.org/2001/XMLSchema")
        .attribute("xmlns:soap", "http://schemas.xmlsoap.org/soap/envelope/");
    let envelope = children.into_iter().fold(envelope, Element::child);
    let declaration = Value::new().text("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    Ok(declaration.value(envelope.into_fragment()?).text("\n").into_parts())
}

/// The result of `operation` in a whole HTTP answer. An error page, a SOAP fault or another operation's
/// answer is none.
pub fn result(response: &HttpResponse, operation: &str) -> Result<Tree, Fault> {
    let body = answer::whole(response, &[])?;
    let root = Tree::read(body, answer::content_type(response))?;
    let body = Some(&root).filter(|root| root.name.ends_with(":Envelope") || root.name == "Envelope");
    let body = body.and_then(|root| root.local("Body")).ok_or_else(|| unreadable("is not a SOAP envelope"))?;
    if let Some(fault) = body.local("Fault") {
        let why = fault.get("faultstring").unwrap_or("no reason");
        return Err(Fault::UnreadableAnswer(format!("the service answered with a fault: {why}")));
    }
    let result = body.local(&format!("{operation}Response")).and_then(|it| it.local(&format!("{operation}Result")));
    result.cloned().ok_or_else(|| unreadable("is not about what was asked"))
}

fn unreadable(why: &str) -> Fault {
    Fault::UnreadableAnswer(format!("the answer {why}"))
}
