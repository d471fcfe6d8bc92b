# What pyproject-build-systems and pyproject.nix give a package set: build
# systems and `resolveBuildSystem`. They are wheels, whatever `format` says that
# they are made from.
{
  format ? "wheel",
  lib,
  pythonTool,
}:
final:
let
  tools = builtins.fromTOML (builtins.readFile ./tools.toml);

  # Nothing is remembered on the way, so that it never ends on a cycle, as
  # pyproject.nix doesn't.
  namesOf =
    spec:
    builtins.concatMap (
      name:
      let
        package = final.${name};
        extras = package.passthru.optional-dependencies or { };
        unknown = extra: throw "Extra/group name '${extra}' does not match either extra or dependency group";
      in
      [ name ]
      ++ namesOf (package.passthru.dependencies or { })
      ++ builtins.concatMap (extra: namesOf (extras.${extra} or (unknown extra))) spec.${name}
    ) (builtins.attrNames spec);
in
builtins.mapAttrs (
  name: tool:
  pythonTool name {
    inherit (tool) version;
    passthru = {
      dependencies = lib.genAttrs (tool.dependencies or [ ]) (_: [ ]);
      inherit format;
    };
    nativeBuildInputs = [ ];
  }
) tools
// {
  # Of a set of names to lists of extras. None is asked for the default.
  resolveBuildSystem =
    spec:
    let
      default = {
        setuptools = [ ];
        wheel = [ ];
      };
    in
    map (name: final.${name}) (lib.unique (namesOf (if spec == { } then default else spec)));
}
