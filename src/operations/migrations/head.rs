//! What the comment at the head of a migration's file tells the program: `-- cruddur: no transaction` tells
//! `db migrate` how to run the file, `-- cruddur: allow RULE: reason` tells `db lint` which finding is justified.

/// What begins a line that is for the program.
const DIRECTIVE: &str = "-- cruddur:";

/// The comment before the first statement of a migration.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Whether the file begins with a comment for its readers.
    pub has_comment: bool,
    /// Whether the file runs outside a transaction.
    pub no_transaction: bool,
    /// The findings of `db lint` that the file justifies.
    pub allowed: Vec<Allowance>,
    /// The lines, from 1, that begin like a directive and are none, or stand below the first statement.
    pub misplaced: Vec<usize>,
}

/// A justified finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The rule of the finding.
    pub rule: String,
    /// Why the file may break the rule.
    pub reason: String,
    /// The line of the directive, from 1.
    pub line: usize,
}

impl Head {
    /// Reads the head of a file.
    pub fn of(text: &str) -> Self {
        let mut head = Self::default();
        let mut is_head = true;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            is_head &= line.is_empty() || line.starts_with("--");
            match line.strip_prefix(DIRECTIVE).map(str::trim) {
                Some(directive) if is_head => head.read(directive, index + 1),
                Some(_) => head.misplaced.push(index + 1),
                None => head.has_comment |= is_head && line.len() > "-- ".len(),
            }
        }
        head
    }

    fn read(&mut self, directive: &str, line: usize) {
        let allowance = || {
            let (rule, reason) = directive.strip_prefix("allow ")?.split_once(':')?;
            let (rule, reason) = (rule.trim().to_owned(), reason.trim().to_owned());
            (!rule.is_empty() && !reason.is_empty()).then_some(Allowance { rule, reason, line })
        };
        match allowance() {
            Some(allowance) => self.allowed.push(allowance),
            None if directive == "no transaction" => self.no_transaction = true,
            None => self.misplaced.push(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directives_of_a_migration_stand_in_its_head() {
        let text = "-- An index.\n-- cruddur: no transaction\n\n-- cruddur: allow some-rule: it is small\n\
                    create index;\n-- cruddur: no transaction\n";
        let allowance = Allowance {
            rule: "some-rule".to_owned(),
            reason: "it is small".to_owned(),
            line: 4,
        };
        let head = Head {
            has_comment: true,
            no_transaction: true,
            allowed: vec![allowance],
            misplaced: vec![6],
        };
        assert_eq!(Head::of(text), head);
    }

    #[test]
    fn a_directive_that_the_program_does_not_know_and_one_without_a_reason_are_reported() {
        let head = Head::of("-- cruddur: no transactions\n-- cruddur: allow rule:\nselect;");
        assert_eq!(head.misplaced, [1, 2]);
        assert!(!head.has_comment && !head.no_transaction && head.allowed.is_empty());
    }
}
