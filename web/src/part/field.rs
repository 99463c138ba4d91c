//! Form fields: label, control, hint and the error beside them.

use leptos::prelude::*;

use super::icon::{CROSS, icon};

/// A text field. Built up and turned into a view by [`Field::view`].
pub struct Field {
    id: &'static str,
    label: String,
    value: String,
    kind: &'static str,
    hint: Option<String>,
    error: Option<String>,
    autocomplete: &'static str,
    mode: Option<&'static str>,
    placeholder: Option<String>,
    unit: Option<&'static str>,
    required: bool,
    max: Option<&'static str>,
}

/// A text field whose name is its id.
pub fn field(id: &'static str, label: impl Into<String>) -> Field {
    Field {
        id,
        label: label.into(),
        value: String::new(),
        kind: "text",
        hint: None,
        error: None,
        autocomplete: "off",
        mode: None,
        placeholder: None,
        unit: None,
        required: false,
        max: None,
    }
}

impl Field {
    /// What was typed before, or is stored.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }
    /// `password`, `date`, `email`, …
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }
    /// A sentence under the field.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    /// What is wrong with the value.
    pub fn error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self
    }
    /// What a browser may fill in.
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = token;
        self
    }
    /// The keyboard of a phone.
    pub fn mode(mut self, mode: &'static str) -> Self {
        self.mode = Some(mode);
        self
    }
    /// An example in the empty field.
    pub fn placeholder(mut self, text: impl Into<String>) -> Self {
        self.placeholder = Some(text.into());
        self
    }
    /// A sign after the value.
    pub fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }
    /// The form cannot be sent without it.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
    /// At most so many characters.
    pub fn max(mut self, max: &'static str) -> Self {
        self.max = Some(max);
        self
    }

    /// The markup.
    pub fn view(self) -> AnyView {
        let Self { id, label, hint, error, unit, .. } = &self;
        let (id, label, unit) = (*id, label.clone(), *unit);
        let below = below(id, hint.clone(), error.clone());
        let input = self.input();
        let control = match unit {
            Some(unit) => view! { <div class="in">{input}<span class="soft">{unit}</span></div> }.into_any(),
            None => input,
        };
        view! { <div class="field"><label for=id>{label}</label>{control}{below}</div> }.into_any()
    }

    fn input(self) -> AnyView {
        let described = (self.hint.is_some() || self.error.is_some()).then(|| describer(self.id, self.error.is_some()));
        let invalid = self.error.is_some().then_some("true");
        view! {
            <input id=self.id name=self.id type=self.kind value=self.value autocomplete=self.autocomplete inputmode=self.mode
                placeholder=self.placeholder required=self.required maxlength=self.max aria-invalid=invalid
                aria-describedby=described />
        }
        .into_any()
    }
}

fn describer(id: &str, wrong: bool) -> String {
    if wrong { format!("{id}-e") } else { format!("{id}-h") }
}

fn below(id: &str, hint: Option<String>, error: Option<String>) -> AnyView {
    let hint = hint.map(|hint| view! { <p class="hint" id=format!("{id}-h")>{hint}</p> }.into_any());
    let error = error.map(|error| view! { <p class="err" id=format!("{id}-e")>{icon(CROSS)}{error}</p> }.into_any());
    (hint, error).into_any()
}

/// A choice from a list of `(value, words)`.
pub fn choice(
    id: &'static str,
    label: impl Into<String>,
    options: Vec<(String, String)>,
    chosen: &str,
    error: Option<String>,
) -> AnyView {
    let options = options
        .into_iter()
        .map(|(value, words)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{words}</option> }.into_any()
        })
        .collect::<Vec<_>>();
    let invalid = error.is_some().then_some("true");
    let described = error.is_some().then(|| describer(id, true));
    let below = below(id, None, error);
    view! {
        <div class="field"><label for=id>{label.into()}</label>
            <select id=id name=id aria-invalid=invalid aria-describedby=described>{options}</select>{below}</div>
    }
    .into_any()
}

/// A field for several lines. Its id is its name, unless the page has more than one of that name.
pub fn area(
    id: impl Into<String>,
    name: &'static str,
    label: impl Into<String>,
    value: &str,
    hint: Option<String>,
    error: Option<String>,
) -> AnyView {
    let id = id.into();
    let described = (hint.is_some() || error.is_some()).then(|| describer(&id, error.is_some()));
    let invalid = error.is_some().then_some("true");
    let below = below(&id, hint, error);
    view! {
        <div class="field"><label for=id.clone()>{label.into()}</label>
            <textarea id=id name=name rows="4" maxlength="2000" aria-invalid=invalid aria-describedby=described>{value.to_owned()}</textarea>{below}</div>
    }
    .into_any()
}

/// A value the form carries unseen.
pub fn hidden(name: &'static str, value: impl Into<String>) -> AnyView {
    view! { <input type="hidden" name=name value=value.into() /> }.into_any()
}
