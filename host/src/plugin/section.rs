//! Reads a custom section of a component without running or even compiling it.

/// The contents of the custom section of this name at the top level of a component.
pub(super) fn custom_section<'a>(component: &'a [u8], name: &str) -> Result<&'a [u8], &'static str> {
    // Magic, version 13 of the binary format, layer 1: a component and not a core module.
    let mut rest = component.strip_prefix(b"\0asm\x0d\0\x01\0").ok_or("it is not a WebAssembly component")?;
    let mut found = None;
    while let Some((&id, after)) = rest.split_first() {
        let (length, after) = leb128(after).ok_or("its sections are damaged")?;
        let (section, after) = after.split_at_checked(length as usize).ok_or("its sections are damaged")?;
        rest = after;
        if id != 0 {
            continue;
        }
        let (name_length, section) = leb128(section).ok_or("its sections are damaged")?;
        let (found_name, contents) =
            section.split_at_checked(name_length as usize).ok_or("its sections are damaged")?;
        if found_name == name.as_bytes() && found.replace(contents).is_some() {
            return Err("it has two manifests");
        }
    }
    found.ok_or("it has no manifest")
}

/// An unsigned 32-bit number in LEB128, and what follows it.
fn leb128(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut value = 0_u32;
    for (place, &byte) in bytes.iter().enumerate().take(5) {
        let part = u32::from(byte & 0x7f);
        value |= part.checked_mul(1 << (7 * place))?;
        if byte & 0x80 == 0 {
            return Some((value, &bytes[place + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_found_by_name() {
        let mut component = b"\0asm\x0d\0\x01\0".to_vec();
        component.extend_from_slice(b"\x00\x04\x03abcX"[..].get(..2).unwrap());
        component.extend_from_slice(b"\x03abc");
        component.extend_from_slice(b"\x00\x08\x02mf{\"a\"}");
        assert_eq!(custom_section(&component, "mf"), Ok(&b"{\"a\"}"[..]));
        assert_eq!(custom_section(&component, "abc"), Ok(&b""[..]));
        assert_eq!(custom_section(&component, "other"), Err("it has no manifest"));
        assert_eq!(custom_section(b"\0asm\x01\0\0\0", "mf"), Err("it is not a WebAssembly component"));
        component.extend_from_slice(b"\x00\x08\x02mf{\"b\"}");
        assert_eq!(custom_section(&component, "mf"), Err("it has two manifests"));
        component.extend_from_slice(b"\x00\xff");
        assert_eq!(custom_section(&component, "abc"), Err("its sections are damaged"));
    }

    #[test]
    fn numbers_are_bounded() {
        assert_eq!(leb128(&[0xe5, 0x8e, 0x26, 9]), Some((624_485, &[9][..])));
        assert_eq!(leb128(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Some((u32::MAX, &[][..])));
        assert_eq!(leb128(&[0xff, 0xff, 0xff, 0xff, 0x1f]), None);
        assert_eq!(leb128(&[0x80]), None);
        assert_eq!(leb128(&[]), None);
    }
}
