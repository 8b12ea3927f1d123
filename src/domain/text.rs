//! Validation of a text from a user: not blank, not too long, and without the character NUL, which PostgreSQL cannot
//! store. The caller chooses the error codes.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Code;

/// The maximum length of one kind of text, and the error codes for it.
#[derive(Debug, Clone, Copy)]
pub struct TextRules {
    /// The maximum length in Unicode scalar values.
    pub max_chars: usize,
    /// The code for a longer text.
    pub too_long: Code,
    /// The code for a text with NUL.
    pub invalid: Code,
}

impl TextRules {
    /// Returns a valid text unchanged.
    ///
    /// # Errors
    /// In this order: `invalid` for a NUL, `blank` for a missing text or one of white space only, `too_long`.
    pub fn required(&self, text: Option<String>, blank: Code) -> Result<String, Code> {
        let text = text.unwrap_or_default();
        self.refuse_nul(&text)?;
        if text.trim().is_empty() {
            return Err(blank);
        }
        self.refuse_length(&text)?;
        Ok(text)
    }

    /// Returns a valid text unchanged, and an empty one if it is missing.
    ///
    /// # Errors
    /// `invalid` for a NUL, then `too_long`.
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

/// For `#[serde(default, deserialize_with = "lenient_string")]`: deserialises a value of another type as `None`,
/// because the API responds with the same code to a missing value.
///
/// # Errors
/// Those of the deserializer.
pub fn lenient_string<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => Some(text),
        _ => None,
    })
}
