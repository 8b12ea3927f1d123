//! Finds the imports between the files of `src`: it reads every `use` and every path with `syn`, and follows the
//! re-exports of module roots to the file that defines a name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// The files of a crate and what each of them imports.
pub struct Imports {
    files: BTreeMap<PathBuf, Vec<String>>,
    modules: BTreeMap<Vec<String>, Source>,
}

/// The imports and definitions of one file.
struct Source {
    path: PathBuf,
    /// Re-exported names and the paths behind them: `pub use page::FeedPage as Page`.
    reexports: BTreeMap<String, Vec<String>>,
    /// Re-exports of everything: `pub use x::*`.
    globs: Vec<Vec<String>>,
    /// Every other path, and every private `use`.
    paths: BTreeSet<Vec<String>>,
    /// The external crates that the file names.
    externals: BTreeSet<String>,
    /// Whether the file defines this name itself.
    defines: BTreeSet<String>,
}

impl Imports {
    /// `sources`: every file of one crate, its path below `src` and its text; `own`: the name of the crate in
    /// its binaries.
    pub fn read(sources: &BTreeMap<PathBuf, String>, own: &str) -> Self {
        let mut modules = BTreeMap::new();
        for (path, text) in sources {
            let module = module_of(path);
            let file =
                syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let mut reader = Reader::new(module.clone(), own);
            reader.visit_file(&file);
            modules.insert(module, reader.finish(path.clone()));
        }
        let mut imports = Self {
            files: BTreeMap::new(),
            modules,
        };
        imports.files = imports
            .modules
            .values()
            .map(|source| {
                (
                    source.path.clone(),
                    source.externals.iter().cloned().collect(),
                )
            })
            .collect();
        imports
    }

    /// The files that `path` imports, without `path` itself.
    pub fn of(&self, path: &Path) -> BTreeSet<&Path> {
        let source = self
            .modules
            .values()
            .find(|source| source.path == path)
            .unwrap_or_else(|| panic!("{} was not read", path.display()));
        source
            .paths
            .iter()
            .filter_map(|names| self.resolve(names, 0))
            .filter(|found| *found != path)
            .collect()
    }

    /// The files that `path` imports, and what those import, and so on; `path` included.
    pub fn reachable_from<'a>(&'a self, path: &'a Path) -> BTreeSet<&'a Path> {
        let mut reached = BTreeSet::from([path]);
        let mut open = vec![path];
        while let Some(next) = open.pop() {
            open.extend(
                self.of(next)
                    .into_iter()
                    .filter(|found| reached.insert(found)),
            );
        }
        reached
    }

    /// The external crates that a file names.
    pub fn externals(&self, path: &Path) -> &[String] {
        self.files.get(path).map_or(&[], Vec::as_slice)
    }

    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.keys().map(PathBuf::as_path)
    }

    /// Files that import each other, directly or through others; each cycle once.
    pub fn find_cycles(&self) -> BTreeSet<BTreeSet<&Path>> {
        let reached: BTreeMap<&Path, BTreeSet<&Path>> = self
            .files()
            .map(|file| (file, self.reachable_from(file)))
            .collect();
        let cycle_of = |file| {
            let there = reached[file].iter().copied();
            there
                .filter(|other| reached[other].contains(file))
                .collect()
        };
        let cycles = self.files().map(cycle_of);
        cycles
            .filter(|cycle: &BTreeSet<_>| cycle.len() > 1)
            .collect()
    }

    /// The file that defines what an absolute path names; `None` if no module of the crate begins the path.
    fn resolve(&self, names: &[String], depth: usize) -> Option<&Path> {
        assert!(depth < 16, "{names:?}: re-exports without end");
        let known = (0..=names.len())
            .rev()
            .find(|&length| self.modules.contains_key(&names[..length]))?;
        let source = &self.modules[&names[..known]];
        let Some(name) = names.get(known) else {
            return Some(&source.path);
        };
        if let Some(behind) = source.reexports.get(name) {
            let mut behind = behind.clone();
            behind.extend_from_slice(&names[known + 1..]);
            return self.resolve(&behind, depth + 1);
        }
        if source.defines.contains(name) {
            return Some(&source.path);
        }
        let in_globs = source.globs.iter().find_map(|glob| {
            let module = self.modules.get(glob)?;
            module.defines.contains(name).then_some(&*module.path)
        });
        in_globs.or(Some(&source.path))
    }
}

/// `a/b.rs` is the module a::b, `lib.rs` the root; a binary is a module that nothing imports.
fn module_of(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = path
        .with_extension("")
        .iter()
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    if names == ["lib"] {
        names.clear();
    }
    if names.last().is_some_and(|name| name == "mod") {
        names.pop();
    }
    names
}

/// Collects the imports and definitions of one file.
struct Reader<'a> {
    module: Vec<String>,
    own: &'a str,
    source: Source,
    /// Modules within the file, such as `tests`.
    inline: Vec<String>,
    children: BTreeSet<String>,
    /// Names that a `use` brings in, so that `Name::new` is not taken for a crate.
    found: Vec<(bool, Vec<String>, String)>,
    relative: Vec<Vec<String>>,
}

impl<'a> Reader<'a> {
    fn new(module: Vec<String>, own: &'a str) -> Self {
        Self {
            module,
            own,
            source: Source {
                path: PathBuf::new(),
                reexports: BTreeMap::new(),
                globs: Vec::new(),
                paths: BTreeSet::new(),
                externals: BTreeSet::new(),
                defines: BTreeSet::new(),
            },
            inline: Vec::new(),
            children: BTreeSet::new(),
            found: Vec::new(),
            relative: Vec::new(),
        }
    }

    fn finish(mut self, path: PathBuf) -> Source {
        let mut used = BTreeSet::new();
        for (is_public, names, renamed) in std::mem::take(&mut self.found) {
            used.insert(renamed.clone());
            let Some(absolute) = self.absolute(&names) else {
                self.source.externals.insert(names[0].clone());
                continue;
            };
            match (is_public, renamed.as_str()) {
                (true, "*") => self.source.globs.push(absolute),
                (true, _) => {
                    self.source.reexports.insert(renamed, absolute);
                }
                (false, _) => {
                    self.source.paths.insert(absolute);
                }
            }
        }
        for names in std::mem::take(&mut self.relative) {
            let is_new = !used.contains(&names[0]) && !self.source.defines.contains(&names[0]);
            match self.absolute(&names) {
                Some(absolute) => {
                    self.source.paths.insert(absolute);
                }
                None if is_new && names[0].starts_with(|c: char| c.is_ascii_lowercase()) => {
                    self.source.externals.insert(names[0].clone());
                }
                None => {}
            }
        }
        self.source.path = path;
        self.source
    }

    /// From the root of the crate; `None` for a path into another crate.
    fn absolute(&self, names: &[String]) -> Option<Vec<String>> {
        let (first, rest) = names.split_first()?;
        let within = |base: &[String]| [base, rest].concat();
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some(within(&self.module)),
            "super" => {
                let parents = names.iter().take_while(|name| *name == "super").count();
                let base = &self.module[..self.module.len().saturating_sub(parents)];
                Some([base, &names[parents..]].concat())
            }
            own if own == self.own => Some(rest.to_vec()),
            child if self.children.contains(child) => {
                Some([self.module.as_slice(), names].concat())
            }
            _ => None,
        }
    }

    fn collect(&mut self, is_public: bool, tree: &syn::UseTree, before: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.collect(is_public, &path.tree, before);
                before.pop();
            }
            syn::UseTree::Name(name) => self.add(is_public, before, &name.ident, &name.ident),
            syn::UseTree::Rename(rename) => {
                self.add(is_public, before, &rename.ident, &rename.rename);
            }
            syn::UseTree::Glob(_) => {
                let names = self.outside_inline_modules(before.clone());
                self.found.push((is_public, names, "*".to_owned()));
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.collect(is_public, tree, before);
                }
            }
        }
    }

    fn add(&mut self, is_public: bool, before: &[String], name: &syn::Ident, as_name: &syn::Ident) {
        let mut names = before.to_vec();
        let mut renamed = as_name.to_string();
        if name == "self" {
            renamed = names.last().cloned().unwrap_or_default();
        } else {
            names.push(name.to_string());
        }
        let names = self.outside_inline_modules(names);
        self.found.push((is_public, names, renamed));
    }

    /// Within a module of the file, such as `tests`, the first `super` is the file itself.
    fn outside_inline_modules(&self, mut names: Vec<String>) -> Vec<String> {
        if !self.inline.is_empty() && names.first().is_some_and(|name| name == "super") {
            names[0] = "self".to_owned();
        }
        names
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let name = match item {
            syn::Item::Struct(item) => Some(&item.ident),
            syn::Item::Enum(item) => Some(&item.ident),
            syn::Item::Trait(item) => Some(&item.ident),
            syn::Item::Type(item) => Some(&item.ident),
            syn::Item::Const(item) => Some(&item.ident),
            syn::Item::Static(item) => Some(&item.ident),
            syn::Item::Fn(item) => Some(&item.sig.ident),
            _ => None,
        };
        if let (Some(name), true) = (name, self.inline.is_empty()) {
            self.source.defines.insert(name.to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.content.is_none() {
            self.children.insert(module.ident.to_string());
            return;
        }
        self.inline.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.inline.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_public = !matches!(item.vis, syn::Visibility::Inherited);
        self.collect(is_public, &item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let segments = path.segments.iter();
            let names = segments.map(|segment| segment.ident.to_string()).collect();
            self.relative.push(self.outside_inline_modules(names));
        }
        visit::visit_path(self, path);
    }
}
