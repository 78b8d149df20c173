//! The code as the architecture test sees it: modules, what each file defines and what it
//! names, followed through `use`, `super::`, child paths, globs and re-exports to the file
//! that defines it. Names behind a `.` (fields and methods) are not followed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Arm, Attribute, Item, ItemImpl, ItemUse, Type, UseTree};

/// A file below `src`.
pub(crate) struct File {
    /// Relative to `src`, with `/`.
    pub(crate) path: String,
    /// Nothing but `mod` and `use`: it defines nothing, and what it re-exports counts where
    /// it is defined.
    pub(crate) only_declares: bool,
}

/// What a path leads to: an item, by the module that defines it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Definition {
    pub(crate) file: usize,
    pub(crate) module: usize,
    pub(crate) name: String,
}

enum Target {
    Item(Definition),
    Module(usize),
}

#[derive(Default)]
struct Module {
    file: usize,
    parent: usize,
    children: BTreeMap<String, usize>,
    items: BTreeSet<String>,
    uses: BTreeMap<String, Vec<Vec<String>>>,
    globs: Vec<Vec<String>>,
    code: Vec<TokenStream>,
    impls: Vec<ItemImpl>,
}

/// `match` over a protocol with an arm for what it does not name, or `matches!` of one.
pub(crate) struct Loose {
    pub(crate) file: usize,
    pub(crate) what: String,
}

/// What the tests ask of the code.
pub(crate) struct Survey {
    pub(crate) files: Vec<File>,
    /// File to file, with the names that make the arrow.
    pub(crate) arrows: BTreeMap<(usize, usize), BTreeSet<String>>,
    /// The files with an inherent `impl` of each type.
    pub(crate) inherent: BTreeMap<Definition, BTreeSet<usize>>,
    pub(crate) loose: Vec<Loose>,
}

impl Survey {
    /// Reads the crate from its `lib.rs`; loose matches are those over the enum `what` that
    /// is defined below `within`.
    pub(crate) fn of(src: &Path, within: &str, what: &str) -> Self {
        let code = Code::read(src);
        let (arrows, inherent, loose) = (code.arrows(), code.inherent(), code.loose_matches(within, what));
        Self { files: code.files, arrows, inherent, loose }
    }
}

/// All modules of a crate but its tests.
struct Code {
    files: Vec<File>,
    modules: Vec<Module>,
}

impl Code {
    fn read(src: &Path) -> Self {
        let mut code = Self { files: Vec::new(), modules: vec![Module::default()] };
        code.read_file(src, Path::new("lib.rs"), Path::new(""), 0);
        code
    }

    fn read_file(&mut self, src: &Path, path: &Path, folder: &Path, module: usize) {
        let text = fs::read_to_string(src.join(path)).unwrap();
        let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let only_declares = parsed.items.iter().all(|item| matches!(item, Item::Mod(_) | Item::Use(_)));
        self.modules[module].file = self.files.len();
        self.files.push(File { path: path.to_str().unwrap().replace('\\', "/"), only_declares });
        self.read_items(src, folder, module, parsed.items);
    }

    fn read_items(&mut self, src: &Path, folder: &Path, module: usize, items: Vec<Item>) {
        for item in items {
            if only_tests(&item) {
                continue;
            }
            if let Some(name) = defined(&item) {
                self.modules[module].items.insert(name);
            }
            match item {
                Item::Mod(item) => {
                    let name = item.ident.to_string();
                    let file = self.modules[module].file;
                    let child = self.modules.len();
                    self.modules.push(Module { file, parent: module, ..Module::default() });
                    self.modules[module].children.insert(name.clone(), child);
                    let below = folder.join(&name);
                    match item.content {
                        Some((_, items)) => self.read_items(src, &below, child, items),
                        None => self.read_file(src, &place(src, folder, &name), &below, child),
                    }
                }
                Item::Use(item) => self.add_use(module, &item),
                other => {
                    if let Item::Macro(item) = &other {
                        made_by_macro(item.mac.tokens.clone(), &mut self.modules[module].items);
                    }
                    let tokens = other.to_token_stream();
                    self.uses_inside(module, tokens.clone());
                    self.modules[module].code.push(tokens);
                    if let Item::Impl(item) = other {
                        self.modules[module].impls.push(item);
                    }
                }
            }
        }
    }

    fn add_use(&mut self, module: usize, item: &ItemUse) {
        let mut found = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut found);
        for (alias, path) in found {
            match alias {
                Some(alias) => self.modules[module].uses.entry(alias).or_default().push(path),
                None => self.modules[module].globs.push(path),
            }
        }
    }

    /// `use` inside a function counts as one of the module.
    fn uses_inside(&mut self, module: usize, tokens: TokenStream) {
        let mut trees = tokens.into_iter();
        while let Some(tree) = trees.next() {
            match tree {
                TokenTree::Group(group) => self.uses_inside(module, group.stream()),
                TokenTree::Ident(word) if word == "use" => {
                    let mut line: Vec<TokenTree> = vec![word.into()];
                    for tree in trees.by_ref() {
                        let last = matches!(&tree, TokenTree::Punct(p) if p.as_char() == ';');
                        line.push(tree);
                        if last {
                            break;
                        }
                    }
                    if let Ok(item) = syn::parse2::<ItemUse>(line.into_iter().collect()) {
                        self.add_use(module, &item);
                    }
                }
                _ => {}
            }
        }
    }

    /// Where a path leads that stands in `module`; nothing for what another crate defines,
    /// for a local name and for a module itself.
    fn definition(&self, module: usize, path: &[String]) -> Option<Definition> {
        match self.follow(module, path, &mut BTreeSet::new())? {
            Target::Item(definition) => Some(definition),
            Target::Module(_) => None,
        }
    }

    fn follow(
        &self,
        module: usize,
        path: &[String],
        seen: &mut BTreeSet<(usize, Vec<String>)>,
    ) -> Option<Target> {
        if !seen.insert((module, path.to_vec())) {
            return None;
        }
        let (mut at, mut rest) = (module, path);
        let mut inside = true;
        while let Some((first, after)) = rest.split_first() {
            match first.as_str() {
                "crate" => at = 0,
                "self" => {}
                "super" => at = self.modules[at].parent,
                name => match self.member(at, name, after.is_empty(), seen)? {
                    Target::Module(next) => at = next,
                    item => return Some(item),
                },
            }
            inside = false;
            rest = after;
        }
        (!inside).then_some(Target::Module(at))
    }

    fn member(
        &self,
        at: usize,
        name: &str,
        last: bool,
        seen: &mut BTreeSet<(usize, Vec<String>)>,
    ) -> Option<Target> {
        let module = &self.modules[at];
        let child = module.children.get(name).map(|child| Target::Module(*child));
        // A module and a function may share a name; what ends a path is the function.
        if child.is_some() && !last {
            return child;
        }
        if module.items.contains(name) {
            return Some(Target::Item(Definition { file: module.file, module: at, name: name.to_owned() }));
        }
        if let Some(paths) = module.uses.get(name) {
            // `use name;` of another crate would lead to itself.
            return paths.iter().find_map(|path| self.follow(at, path, seen)).or(child);
        }
        if child.is_some() {
            return child;
        }
        module.globs.iter().find_map(|path| match self.follow(at, path, seen)? {
            Target::Module(other) if other != at => self.member(other, name, last, seen),
            _ => None,
        })
    }

    fn arrows(&self) -> BTreeMap<(usize, usize), BTreeSet<String>> {
        let mut arrows: BTreeMap<(usize, usize), BTreeSet<String>> = BTreeMap::new();
        for (at, module) in self.modules.iter().enumerate() {
            if self.files[module.file].only_declares {
                continue;
            }
            let mut paths: BTreeSet<Vec<String>> = module.uses.values().flatten().cloned().collect();
            module.code.iter().for_each(|tokens| paths_in(tokens.clone(), &mut paths));
            for path in paths {
                if let Some(found) = self.definition(at, &path)
                    && found.file != module.file
                {
                    arrows.entry((module.file, found.file)).or_default().insert(found.name);
                }
            }
        }
        arrows
    }

    fn inherent(&self) -> BTreeMap<Definition, BTreeSet<usize>> {
        let mut found: BTreeMap<Definition, BTreeSet<usize>> = BTreeMap::new();
        for (at, module) in self.modules.iter().enumerate() {
            for item in module.impls.iter().filter(|item| item.trait_.is_none()) {
                let Type::Path(of) = &*item.self_ty else { continue };
                let path: Vec<String> = of.path.segments.iter().map(|s| s.ident.to_string()).collect();
                if let Some(definition) = self.definition(at, &path) {
                    found.entry(definition).or_default().insert(module.file);
                }
            }
        }
        found
    }

    /// Where `what` is matched with an arm for the rest, or asked by `matches!`.
    fn loose_matches(&self, within: &str, what: &str) -> Vec<Loose> {
        let mut found = Vec::new();
        for (at, module) in self.modules.iter().enumerate() {
            let names = |tokens: TokenStream| {
                let mut paths = BTreeSet::new();
                paths_in(tokens, &mut paths);
                paths.iter().any(|path| {
                    path.len() > 1
                        && self
                            .definition(at, path)
                            .is_some_and(|d| d.name == what && self.files[d.file].path.starts_with(within))
                })
            };
            for tokens in &module.code {
                loose_in(tokens.clone(), &names, &mut |what| found.push(Loose { file: module.file, what }));
            }
        }
        found
    }
}

/// The first word of a file's path: the room that it stands in.
pub(crate) fn room(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

fn place(src: &Path, folder: &Path, name: &str) -> PathBuf {
    let beside = folder.join(format!("{name}.rs"));
    if src.join(&beside).exists() { beside } else { folder.join(name).join("mod.rs") }
}

fn only_tests(item: &Item) -> bool {
    let attributes: &[Attribute] = match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    };
    attributes.iter().any(|attribute| {
        let text = attribute.meta.to_token_stream().to_string();
        text.starts_with("cfg") && text.contains("test") && !text.contains("not")
    })
}

fn defined(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// What a macro at the level of items says it defines.
fn made_by_macro(tokens: TokenStream, items: &mut BTreeSet<String>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    for pair in trees.windows(2) {
        if let [TokenTree::Ident(kind), TokenTree::Ident(name)] = pair
            && ["struct", "enum", "trait", "type", "const", "static", "fn"].iter().any(|k| kind == k)
        {
            items.insert(name.to_string());
        }
    }
}

fn flatten(tree: &UseTree, before: &mut Vec<String>, found: &mut Vec<(Option<String>, Vec<String>)>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) => {
            let mut path = before.clone();
            let name = name.ident.to_string();
            let alias = if name == "self" { before.last().cloned() } else { Some(name.clone()) };
            if name != "self" {
                path.push(name);
            }
            found.push((alias, path));
        }
        UseTree::Rename(rename) => {
            let mut path = before.clone();
            path.push(rename.ident.to_string());
            found.push((Some(rename.rename.to_string()), path));
        }
        UseTree::Glob(_) => found.push((None, before.clone())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, found)),
    }
}

fn is(tree: Option<&TokenTree>, mark: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(p)) if p.as_char() == mark)
}

/// Every path of the tokens, macros' arguments included; words behind `.` and `'` left out.
fn paths_in(tokens: TokenStream, found: &mut BTreeSet<Vec<String>>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut i = 0;
    while i < trees.len() {
        match &trees[i] {
            TokenTree::Group(group) => paths_in(group.stream(), found),
            TokenTree::Ident(word) => {
                let at = i;
                let before = |n: usize| at.checked_sub(n).and_then(|at| trees.get(at));
                let member = is(before(1), '.') && !is(before(2), '.');
                let foreign = is(before(1), ':') && is(before(2), ':');
                let mut path = vec![word.to_string()];
                while is(trees.get(i + 1), ':') && is(trees.get(i + 2), ':') {
                    let Some(TokenTree::Ident(next)) = trees.get(i + 3) else { break };
                    path.push(next.to_string());
                    i += 3;
                }
                if !(member || foreign || is(before(1), '\'')) {
                    found.insert(path);
                }
            }
            _ => {}
        }
        i += 1;
    }
}

struct Arms(Vec<Arm>);

impl Parse for Arms {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut arms = Vec::new();
        while !input.is_empty() {
            arms.push(input.parse()?);
        }
        Ok(Self(arms))
    }
}

fn loose_in(tokens: TokenStream, names: &dyn Fn(TokenStream) -> bool, report: &mut dyn FnMut(String)) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    for (i, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Group(group) => loose_in(group.stream(), names, report),
            TokenTree::Ident(word) if word == "match" => {
                let arms = trees[i..].iter().find_map(|tree| match tree {
                    TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                        syn::parse2::<Arms>(group.stream()).ok()
                    }
                    _ => None,
                });
                let arms = arms.map_or(Vec::new(), |arms| arms.0);
                let patterns = || arms.iter().map(|arm| unguarded(arm.pat.to_token_stream()));
                if patterns().any(names) && patterns().any(|tokens| open(&tokens) && !names(tokens)) {
                    report(format!("match {{ {}, .. }}", patterns().next().unwrap()));
                }
            }
            TokenTree::Ident(word) if word == "matches" && is(trees.get(i + 1), '!') => {
                if let Some(TokenTree::Group(group)) = trees.get(i + 2) {
                    let pattern = group.stream().into_iter().skip_while(|tree| !is(Some(tree), ','));
                    if names(pattern.collect()) {
                        report(format!("matches!({})", group.stream()));
                    }
                }
            }
            _ => {}
        }
    }
}

/// A pattern without the `if` behind it.
fn unguarded(pattern: TokenStream) -> TokenStream {
    pattern.into_iter().take_while(|tree| !matches!(tree, TokenTree::Ident(word) if word == "if")).collect()
}

/// A pattern that takes what it does not name: `_`, `..` or a single new name.
fn open(pattern: &TokenStream) -> bool {
    fn wild(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|tree| match tree {
            TokenTree::Group(group) => wild(group.stream()),
            TokenTree::Ident(word) => word == "_",
            TokenTree::Punct(mark) => mark.as_char() == '.',
            TokenTree::Literal(_) => false,
        })
    }
    let trees: Vec<TokenTree> = pattern.clone().into_iter().collect();
    let name =
        matches!(&trees[..], [TokenTree::Ident(word)] if word.to_string().starts_with(char::is_lowercase));
    name || wild(pattern.clone())
}
