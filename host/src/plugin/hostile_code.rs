//! Components with code in them that no compiler of a language makes.

use crate::plugin::{manifest, section};

/// A body that grows the table of function references by 1,000, traps if that failed, and begins again.
#[rustfmt::skip]
pub(super) const TABLE_GROWER: &[u8] = &[
    0,          // no locals
    0x03, 0x40, // loop
    0xd0, 0x70, 0x41, 0xe8, 0x07, 0xfc, 0x0f, 0, // table.grow of table 0 by 1,000 null references
    0x41, 0x7f, 0x46, 0x04, 0x40, 0, 0x0b, // if that is -1: unreachable
    0x0c, 0, 0x0b, // again
    0, 0x0b,
];

/// 20,000 locals that are all alive at once, multiplied with one another many times over: good code, and much to do.
pub(super) fn work_for_a_compiler() -> Vec<u8> {
    const LOCALS: usize = 20_000;
    // Above whatever parameters there are.
    let local = |at: usize| leb128(64 + at % LOCALS);
    let mut body = vec![1];
    body.extend(leb128(LOCALS + 64));
    body.push(0x7f);
    for at in 0..LOCALS {
        // local = parameter + constant: nothing that could be known beforehand.
        body.extend([0x20, 0, 0x41]);
        body.extend(leb128(at % 60 + 1));
        body.extend([0x6a, 0x21]);
        body.extend(local(at));
    }
    for at in 0..250_000 {
        for operand in [at * 7 + 1, at * 13 + 5] {
            body.push(0x20);
            body.extend(local(operand));
        }
        body.extend([0x6c, 0x21]);
        body.extend(local(at));
    }
    body.push(0x20);
    body.extend(local(0));
    body.push(0x0b);
    body
}

/// A component that asks for so much memory.
pub(super) fn with_memory(wasm: &[u8], bytes: usize) -> Vec<u8> {
    let json = section::custom_section(wasm, manifest::SECTION).unwrap();
    let mut asked: serde_json::Value = serde_json::from_slice(json).unwrap();
    asked["limits"] = serde_json::json!({ "memory_bytes": bytes });
    let name = manifest::SECTION.as_bytes();
    let mut out = wasm[..8].to_vec();
    for (id, content) in sections(wasm) {
        if id == 0 && content.get(1..=name.len()) == Some(name) {
            let mut section = vec![u8::try_from(name.len()).unwrap()];
            section.extend(name);
            section.extend(serde_json::to_vec(&asked).unwrap());
            section_put(&mut out, id, &section);
        } else {
            section_put(&mut out, id, content);
        }
    }
    out
}

/// The hostile component with other code in the place of its sale: in WebAssembly one can write what no compiler makes.
pub(super) fn with_sale(wasm: &[u8], body: &[u8]) -> Vec<u8> {
    let mut out = wasm[..8].to_vec();
    let mut done = false;
    for (id, content) in sections(wasm) {
        let module = (id == 1 && !done).then(|| module_with_sale(content, body)).flatten();
        done |= module.is_some();
        section_put(&mut out, id, module.as_deref().unwrap_or(content));
    }
    assert!(done, "the component has no module with a sale");
    out
}

fn module_with_sale(module: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let (mut imported, mut sale) = (0, None);
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            wasmparser::Payload::ImportSection(imports) => {
                let functions = imports.into_imports().map(Result::unwrap);
                imported = functions.filter(|import| matches!(import.ty, wasmparser::TypeRef::Func(_))).count();
            }
            wasmparser::Payload::ExportSection(exports) => {
                let mut exports = exports.into_iter().map(Result::unwrap);
                let is_sale = |name: &str| name.starts_with("vezne:pos/payments@") && name.ends_with("#sale");
                sale = exports.find(|export| is_sale(export.name)).map(|export| export.index as usize);
            }
            _ => {}
        }
    }
    let sale = sale? - imported;
    let mut out = module[..8].to_vec();
    for (id, content) in sections(module) {
        match id {
            // The table may grow without end, as far as the module itself is concerned.
            4 => section_put(&mut out, id, &endless_tables(content)),
            10 => section_put(&mut out, id, &code_with(content, sale, body)),
            _ => section_put(&mut out, id, content),
        }
    }
    Some(out)
}

/// Takes the upper bound off every table of function references.
fn endless_tables(content: &[u8]) -> Vec<u8> {
    let (count, mut rest) = number(content);
    let mut out = leb128(count);
    for _ in 0..count {
        let (kind, bounded) = (rest[0], rest[1] & 1 == 1);
        let (least, after) = number(&rest[2..]);
        rest = if bounded { number(after).1 } else { after };
        out.extend([kind, 0]);
        out.extend(leb128(least));
    }
    out
}

fn code_with(content: &[u8], at: usize, body: &[u8]) -> Vec<u8> {
    let (count, mut rest) = number(content);
    let mut out = leb128(count);
    for function in 0..count {
        let (length, after) = number(rest);
        let own = if function == at { body } else { &after[..length] };
        out.extend(leb128(own.len()));
        out.extend(own);
        rest = &after[length..];
    }
    out
}

fn sections(wasm: &[u8]) -> Vec<(u8, &[u8])> {
    let (mut rest, mut sections) = (&wasm[8..], Vec::new());
    while let Some((&id, after)) = rest.split_first() {
        let (length, after) = number(after);
        sections.push((id, &after[..length]));
        rest = &after[length..];
    }
    sections
}

fn section_put(out: &mut Vec<u8>, id: u8, content: &[u8]) {
    out.push(id);
    out.extend(leb128(content.len()));
    out.extend(content);
}

/// LEB128, and what follows it.
fn number(bytes: &[u8]) -> (usize, &[u8]) {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap();
    let value = bytes[..=last].iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    (value, &bytes[last + 1..])
}

fn leb128(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        bytes.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}
