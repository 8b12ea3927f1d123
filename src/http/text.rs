//! A text that a person wrote: not blank, not too long, and nothing in it that PostgreSQL cannot
//! store. Which codes say so is the caller's.

use crate::error::Code;

/// The refusals of one kind of text.
#[derive(Debug, Clone, Copy)]
pub struct TextRules {
    /// In Unicode scalar values.
    pub max_chars: usize,
    pub blank: Code,
    pub too_long: Code,
    /// PostgreSQL's `text` holds every character but NUL.
    pub invalid: Code,
}

impl TextRules {
    /// The text as it was sent; only white space is blank, and so is nothing.
    pub fn check(&self, text: Option<String>) -> Result<String, Code> {
        let text = text.unwrap_or_default();
        if text.contains('\0') {
            Err(self.invalid)
        } else if text.trim().is_empty() {
            Err(self.blank)
        } else if text.chars().count() > self.max_chars {
            Err(self.too_long)
        } else {
            Ok(text)
        }
    }
}
