use super::backend::InTreeBackend;
use super::commands::Tool;
use super::parse::MAX_LENGTH;
use super::*;

fn exists(path: &str) -> Option<bool> {
    (!path.starts_with("..")).then(|| path.starts_with("there"))
}

const SITUATION: Situation = Situation {
    exists: &exists,
    file: "setup.py",
    module_name: "__main__",
    command: "bdist_wheel",
    python_minor: &|| 13,
    platform: Platform::LINUX,
};

fn setup(text: &str) -> SetupScript {
    let text = format!("from setuptools import setup\nfrom setuptools_rust import *\n{text}");
    read_setup_py(&text, &SITUATION).unwrap()
}

fn paths(script: &SetupScript) -> Vec<String> {
    let path = |e: &Extension| e.path.clone().unwrap_or_else(|| "?".to_owned());
    script.extensions.iter().map(path).collect()
}

/// Returns the strings of the list that an expression evaluates to.
fn worth(expression: &str) -> Vec<String> {
    let script = setup(&format!("setup(setup_requires={expression})"));
    assert_eq!(script.unread_requires, [], "{expression}");
    script.setup_requires
}

#[test]
fn an_extension_with_everything() {
    let script = setup(
        "setup(name='a', version='1', setup_requires=['x'], rust_extensions=[\n\
         RustExtension('a._a', path='rust/Cargo.toml', features=['f'], args=['--no-default-features'],\n\
         cargo_manifest_args=['--locked']),\n\
         RustBin('tool', 'cli/Cargo.toml')])",
    );
    assert_eq!(script.unread, []);
    assert_eq!(script.name.as_deref(), Some("a"));
    assert_eq!(script.version.as_deref(), Some("1"));
    assert_eq!(paths(&script), ["rust/Cargo.toml", "cli/Cargo.toml"]);
    let [module, tool] = &script.extensions[..] else {
        panic!()
    };
    assert_eq!(module.targets, ["a._a"]);
    assert_eq!(module.features, ["f"]);
    assert_eq!(module.args, ["--no-default-features", "--locked"]);
    assert!(!module.is_bin && tool.is_bin);
    assert_eq!((module.line, tool.line), (4, 6));
}

#[test]
fn programs_are_told_in_two_ways() {
    let script = setup(
        "setup(rust_extensions=[RustExtension('brz', binding=Binding.Exec), RustExtension('m')])",
    );
    let bins: Vec<_> = script.extensions.iter().map(|e| e.is_bin).collect();
    assert_eq!(bins, [true, false]);
}

#[test]
fn names_loops_functions_and_dictionaries_are_worked_out() {
    for text in [
        "exts = [RustExtension('a.b', 'c/Cargo.toml')]\nsetup(rust_extensions=exts)",
        "exts = []\nexts.append(RustExtension('a.b', 'c/Cargo.toml'))\nsetup(rust_extensions=exts)",
        "root = 'c'\nsetup(rust_extensions=[RustExtension('a.b', f'{root}/Cargo.toml')])",
        "setup(rust_extensions=[RustExtension(f'a.{n}', n + '/Cargo.toml') for n in ['c']])",
        "def ext(n):\n  return RustExtension('a', path=os.path.join(n, 'Cargo.toml'))\nimport os\n\
         setup(rust_extensions=[ext('c')])",
        "k = {}\nk.update({'rust_extensions': [RustExtension('a', 'c/Cargo.toml')]})\nsetup(**k)",
        "k = dict(x=1)\nk['rust_extensions'] = RustExtension('a', 'c/Cargo.toml'),\nsetup(**k)",
        "from pathlib import Path\nHERE = Path(__file__).resolve().parent\n\
         setup(rust_extensions=[RustExtension('a', str(HERE / 'c' / 'Cargo.toml'))])",
        "def main():\n  setup(rust_extensions=[RustExtension('a', 'c/Cargo.toml')])\n\
         if __name__ == '__main__':\n  main()",
        "import sys\nif sys.platform == 'win32':\n  p = 'w'\nelse:\n  p = 'c'\n\
         setup(rust_extensions=[RustExtension('a', p + '/Cargo.toml')])",
        "try:\n  import x\nexcept ImportError:\n  exts = []\nelse:\n  exts = [RustExtension('a', 'c/Cargo.toml')]\n\
         setup(rust_extensions=exts)",
    ] {
        let script = setup(text);
        assert_eq!(paths(&script), ["c/Cargo.toml"], "{text}");
        assert_eq!(script.unread, [], "{text}");
    }
}

#[test]
fn what_is_changed_in_place_stays_changed() {
    for text in [
        "kw = {'rust_extensions': []}\nkw['rust_extensions'].append(RustExtension('a', 'c/Cargo.toml'))\nsetup(**kw)",
        "def add(kw):\n  kw['rust_extensions'] = [RustExtension('a', 'c/Cargo.toml')]\nkw = {}\nadd(kw)\nsetup(**kw)",
        "def add(to, n):\n  to.append(RustExtension('a', n))\ne = []\nadd(n='c/Cargo.toml', to=e)\nsetup(rust_extensions=e)",
        "common = {'rust_extensions': [RustExtension('a', 'c/Cargo.toml')]}\nsetup(**dict(common, zip_safe=False))",
        "setup(rust_extensions=[RustExtension('a', 'c/Cargo.toml')])\nimport logs\nlogs.setup()",
        "def main():\n  global e\n  e = [RustExtension('a', 'c/Cargo.toml')]\nmain()\nsetup(rust_extensions=e)",
        "e = []\nfor n in ['c', 'd']:\n  if n == 'd':\n    break\n  e.append(RustExtension('a', n + '/Cargo.toml'))\nsetup(rust_extensions=e)",
        "e = []\nfor n in ['d', 'c']:\n  if n == 'd':\n    continue\n  e.append(RustExtension('a', n + '/Cargo.toml'))\nsetup(rust_extensions=e)",
        "e = [RustExtension('a', 'c/Cargo.toml'), RustExtension('b')]\ne.pop()\nsetup(rust_extensions=e)",
        "e = [RustExtension('b'), RustExtension('a', 'c/Cargo.toml')]\ndel e[0]\nsetup(rust_extensions=e)",
    ] {
        let script = setup(text);
        assert_eq!(paths(&script), ["c/Cargo.toml"], "{text}");
        assert_eq!(script.unread, [], "{text}");
    }
}

#[test]
fn what_is_above_the_project_stays_above() {
    let script = setup(
        "from pathlib import Path\nROOT = Path(__file__).resolve().parent.parent\n\
         setup(rust_extensions=[RustExtension('a', str(ROOT / 'rust' / 'Cargo.toml'))])",
    );
    assert_eq!(paths(&script), ["../rust/Cargo.toml"]);
}

#[test]
fn a_guess_is_told_as_one() {
    for text in [
        // The text doesn't tell which call is made, what precedes the list, or
        // where the list goes.
        "if ask():\n  setup(rust_extensions=[RustExtension('a', 'c/Cargo.toml')])\nelse:\n  setup()",
        "setup(rust_extensions=[RustExtension('a', path=ask() or 'c/Cargo.toml')])",
        "class D(Distribution):\n  def __init__(self):\n    self.rust_extensions = [RustExtension('a', 'c/Cargo.toml')]\nsetup(distclass=D)",
        "def build(kw):\n  kw.update(rust_extensions=[RustExtension('a', 'c/Cargo.toml')])",
        "if ask():\n  setup(rust_extensions=[RustExtension('a', 'c/Cargo.toml')])\nelse:\n  setup(rust_extensions=[])",
        "c = {'e': {'path': 'c/Cargo.toml'}}\nc['e']['path'] = 'd'\nsetup(rust_extensions=[RustExtension('a', **c['e'])])",
        "n = 'x'\nsetup(rust_extensions=[RustExtension('a', 'c/Cargo.toml', features=[f'{n!r}'])])",
        "e = RustExtension('a', 'c/Cargo.toml')\ne.path = 'd'\nsetup(rust_extensions=[e])",
        "setup(rust_extensions=[RustExtension('a', 'c/Cargo.toml', **ask())])",
        "try:\n  import strange\n  f = ['x']\nexcept ImportError:\n  f = []\nsetup(rust_extensions=[RustExtension('a', 'c/Cargo.toml', features=f)])",
        "match ask():\n  case 'win':\n    f = ['x']\n  case _:\n    f = []\nsetup(rust_extensions=[RustExtension('a', 'c/Cargo.toml', features=f)])",
        "from cfg import F\nsetup(rust_extensions=[RustExtension('a', 'c/Cargo.toml', features=F)])",
    ] {
        let script = setup(text);
        assert_eq!(paths(&script), ["c/Cargo.toml"], "{text}");
        assert!(!script.unread.is_empty(), "{text}");
    }
}

#[test]
fn the_build_is_one_on_linux_without_variables() {
    assert_eq!(worth("['a'] if os.environ.get('X') else ['b']"), ["b"]);
    for condition in [
        "os.getenv('PURE', '1') == '1'",
        "'PURE' not in __import__ or True",
        "'egg_info' not in sys.argv and 'bdist_wheel' in sys.argv",
        "sys.version_info >= (3, 9) and sys.version_info[:2] != (3, 8)",
        "sys.version_info.minor == 13",
        "platform.python_implementation() == 'CPython'",
        "not sys.platform.startswith('win')",
        "os.path.exists('there/Cargo.toml') and not os.path.exists('gone')",
        "shutil.which('cargo') is not None",
    ] {
        let text = format!(
            "import os, sys, platform, shutil\nif {condition}:\n  r = ['yes']\nelse:\n  r = ['no']\n\
             setup(setup_requires=r)"
        );
        assert_eq!(setup(&text).setup_requires, ["yes"], "{condition}");
    }
}

#[test]
fn what_cant_be_told_is_told_with_its_line() {
    let script = setup("setup(rust_extensions=find())");
    assert_eq!(script.extensions, []);
    let note = Note::new(3, "a call to `find`");
    assert_eq!(script.unread, [note]);

    // The calls in the file are the best guess.
    let script =
        setup("def f(x):\n  yield RustExtension('a', 'c/Cargo.toml')\nsetup(rust_extensions=g(f))");
    assert_eq!(paths(&script), ["c/Cargo.toml"]);
    assert_eq!(script.unread[0].line, 5);

    let script = setup("setup(rust_extensions=[RustExtension('a', path=f'{where()}/Cargo.toml')])");
    assert_eq!(paths(&script), ["?"]);
    assert_eq!(script.unread.len(), 1, "{:?}", script.unread);

    // Both branches of an unknown condition count.
    let script = setup(
        "if ask():\n  e = [RustExtension('a', 'a/Cargo.toml')]\nelse:\n  e = [RustExtension('b', 'b/Cargo.toml')]\n\
         setup(rust_extensions=e)",
    );
    assert_eq!(paths(&script), ["a/Cargo.toml", "b/Cargo.toml"]);
    assert_eq!(script.unread.len(), 1);
}

#[test]
fn requirements_keep_what_is_known_of_them() {
    let script = setup("setup(setup_requires=['a'] + more())");
    assert_eq!(script.setup_requires, ["a"]);
    assert_eq!(script.unread_requires.len(), 1);
    assert_eq!(worth("'a b'.split() + ['c']"), ["a", "b", "c"]);
}

fn backend(text: &str) -> InTreeBackend {
    read_backend(text, &SITUATION).unwrap()
}

#[test]
fn a_backend_of_the_projects_own_adds_requirements() {
    let found = backend(
        "import os, shutil\nfrom setuptools.build_meta import *\n\
         def get_requires_for_build_wheel(config_settings=None):\n\
         \x20   if not os.environ.get('X') and not shutil.which('cargo'):\n\
         \x20       return ['puccinialin']\n    return []\n",
    );
    assert_eq!(found.wraps.as_deref(), Some("setuptools.build_meta"));
    assert_eq!(found.requires, Some(Vec::new()));
    assert!(!found.asks_wrapped);

    let found = backend(
        "import maturin\nfrom maturin import get_requires_for_build_wheel as _orig\n\
         def get_requires_for_build_wheel(settings=None):\n    return maturin.get_requires_for_build_wheel(settings) + ['x']\n",
    );
    assert_eq!(found.wraps.as_deref(), Some("maturin"));
    assert_eq!(found.requires, Some(vec!["x".to_owned()]));
    assert!(found.asks_wrapped);
    let found = backend(
        "from setuptools import build_meta as _b\nclass Backend:\n  def get_requires_for_build_wheel(self, c=None):\n\
         \x20   return ['cffi']\nbackend = Backend()\n",
    );
    assert_eq!(found.requires, Some(vec!["cffi".to_owned()]));
    assert_eq!(found.wraps.as_deref(), Some("setuptools.build_meta"));
    assert_eq!(
        backend("def build_wheel(*a):\n  import hatchling.build\n").requires,
        None
    );
}

#[test]
fn commands_are_found_however_they_are_written() {
    let text = "import subprocess\nROOT = 'rust'\nargs = ['cargo', 'build', '--release', '--manifest-path', 'a/Cargo.toml']\n\
                subprocess.run(['maturin', 'build'], cwd=ROOT)\nos.system('cargo build --features x')\n\
                subprocess.run(['cargo', '--version'])\nraise OSError('cargo required to build it')\n\
                subprocess.run(['cargo', 'install', 'x'])\n";
    let commands = read_commands(text, &SITUATION).unwrap();
    let tools: Vec<_> = commands.iter().map(|c| (c.tool, c.line)).collect();
    assert_eq!(
        tools,
        [(Tool::Cargo, 3), (Tool::Maturin, 4), (Tool::Cargo, 5)]
    );
    assert_eq!(commands[0].arguments.last().unwrap(), "a/Cargo.toml");
    assert_eq!(commands[1].folder.as_deref(), Some("rust"));
}

#[test]
fn texts_that_would_never_end_are_cut_short() {
    let doubling = format!(
        "a = ['x']\n{}setup(setup_requires=a)",
        "a = [a, a]\n".repeat(60)
    );
    let deep = format!("setup(setup_requires={}1)", "-".repeat(100_000));
    let nested = format!(
        "setup(setup_requires={}{})",
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    let endless = "def f():\n  return f() + f()\nsetup(setup_requires=f())".to_owned();
    let choices = format!(
        "{}setup(setup_requires=a)",
        "if q():\n  a = [1]\nelse:\n  a = [2]\n".repeat(2000)
    );
    for text in [doubling, deep, nested, endless, choices] {
        setup(&text);
    }
    for (open, close) in [
        ("-", ""),
        ("x[", "]"),
        ("f(", ")"),
        ("a.", "b"),
        ("1**", "1"),
        ("a+", "b"),
        ("not ", "1"),
    ] {
        let deep = 60_000 / open.len();
        let text = format!(
            "x = {}1{}",
            open.repeat(deep),
            close.repeat(if close.len() == 1 && "])".contains(close) {
                deep
            } else {
                0
            })
        );
        let _ = read_setup_py(&text, &SITUATION);
        let _ = read_commands(&text, &SITUATION);
    }
    let long = " ".repeat(MAX_LENGTH + 1);
    assert!(read_setup_py(&long, &SITUATION).is_err());
}

#[test]
fn what_is_no_python_is_told_with_its_line() {
    let note = read_setup_py("import os\nsetup(]\n", &SITUATION).unwrap_err();
    assert_eq!(note.line, 2);
}

/// What a backend stages, as `FROM -> TO`.
fn staged(build_wheel: &str) -> Vec<String> {
    let head = "import os, shutil\nfrom shutil import copytree\nfrom pathlib import Path\nimport maturin\n\
        ROOT = Path(__file__).parent.resolve()\n\
        def stage(to):\n    shutil.copytree(src=ROOT / 'rust', dst=to)\n\
        def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n";
    let found = backend(&format!("{head}    {build_wheel}\n"));
    let paths = found.staged.into_iter();
    paths
        .map(|path| format!("{} -> {}", path.from, path.to))
        .collect()
}

#[test]
fn what_a_backend_copies_moves_and_links_is_followed() {
    for (text, expected) in [
        ("copytree('rust', 'build/rust')", "rust -> build/rust"),
        (
            "shutil.copytree(ROOT / 'rust', ROOT / 'b', dirs_exist_ok=True)",
            "rust -> b",
        ),
        ("stage('b')", "rust -> b"),
        ("shutil.move(str(ROOT / 'rust'), 'b')", "rust -> b"),
        (
            "shutil.copy2(f'{ROOT}/rust/Cargo.toml', 'b')",
            "./rust/Cargo.toml -> b",
        ),
        ("os.symlink('../rust', 'b/rust')", "../rust -> b/rust"),
        ("os.rename(os.path.join('a', 'rust'), 'b')", "a/rust -> b"),
        ("(ROOT / 'b').symlink_to(ROOT / 'rust')", "rust -> b"),
        ("Path('rust').rename('b')", "rust -> b"),
        (
            "import subprocess; subprocess.run(['cp', '-r', str(ROOT / 'rust'), 'b'], check=True)",
            "rust -> b",
        ),
        ("os.system('mkdir -p b && cp -a rust/. b/')", "rust -> b"),
        (
            "import subprocess; subprocess.check_call('rsync -a rust/ b', shell=True, cwd='x')",
            "x/rust -> x/b",
        ),
        ("os.system('ln -s ../rust b')", "../rust -> b"),
    ] {
        assert_eq!(staged(text), [expected], "{text}");
    }
    assert_eq!(staged("'a-b'.replace('-', '_')"), [""; 0]);
    assert_eq!(staged("shutil.copytree(os.environ['X'], 'b')"), [""; 0]);
    assert_eq!(
        staged("os.system('cp a b c && mv c d')"),
        ["a -> c", "b -> c", "c -> d"]
    );
    assert_eq!(staged("os.system('echo cp a b')"), [""; 0]);
    assert_eq!(staged("shutil.which('cp a b')"), [""; 0]);
}

#[test]
fn calls_of_cargo_in_a_backend_are_found_with_their_folder() {
    let command = |text: &str| {
        let text = format!(
            "import os, subprocess, sys, maturin\ndef build_wheel(d, c=None, m=None):\n    {text}\n"
        );
        let commands = backend(&text).commands.into_iter();
        let shown =
            commands.map(|c| format!("{:?} {} in {:?}", c.tool, c.arguments.join(" "), c.folder));
        shown.collect::<Vec<_>>().join(", ")
    };
    for (text, expected) in [
        (
            "subprocess.check_call(['cargo', 'build'], cwd='tool')",
            "Cargo build in Some(\"tool\")",
        ),
        (
            "os.chdir('tool'); subprocess.run('cargo build --release')",
            "Cargo build --release in Some(\"tool\")",
        ),
        (
            "m = 'x/Cargo.toml'; subprocess.run(['cargo', 'build', '--manifest-path', m])",
            "Cargo build --manifest-path x/Cargo.toml in None",
        ),
        (
            "subprocess.run([sys.executable, '-m', 'maturin', 'build'])",
            "Maturin build in None",
        ),
        ("subprocess.run(['cargo', '--version'])", ""),
    ] {
        assert_eq!(command(text), expected, "{text}");
    }
    assert!(command("subprocess.run(['cargo', 'build', '-m', os.environ['X']])").contains('\0'));
}
