//! The rules for a text that a person wrote: not blank, not too long, and no character that PostgreSQL cannot
//! store. The caller chooses the codes of its refusals.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Code;

/// The longest text of one kind, and the codes that refuse it.
#[derive(Debug, Clone, Copy)]
pub struct TextRules {
    /// In Unicode scalar values.
    pub max_chars: usize,
    pub too_long: Code,
    /// PostgreSQL's `text` holds every character but NUL.
    pub invalid: Code,
}

impl TextRules {
    /// The text as it was sent; `blank` where it is missing or only white space.
    pub fn required(&self, text: Option<String>, blank: Code) -> Result<String, Code> {
        let text = text.unwrap_or_default();
        self.refuse_nul(&text)?;
        if text.trim().is_empty() {
            return Err(blank);
        }
        self.refuse_length(&text)?;
        Ok(text)
    }

    /// The text as it was sent; a missing one is empty.
    pub fn optional(&self, text: Option<String>) -> Result<String, Code> {
        let text = text.unwrap_or_default();
        self.refuse_nul(&text)?;
        self.refuse_length(&text)?;
        Ok(text)
    }

    fn refuse_nul(&self, text: &str) -> Result<(), Code> {
        if text.contains('\0') {
            return Err(self.invalid);
        }
        Ok(())
    }

    fn refuse_length(&self, text: &str) -> Result<(), Code> {
        if text.chars().count() > self.max_chars {
            return Err(self.too_long);
        }
        Ok(())
    }
}

/// For `#[serde(default, deserialize_with = "lenient_string")]`: a value of the wrong type counts as
/// missing, because the contract calls both blank.
pub fn lenient_string<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => Some(text),
        _ => None,
    })
}
