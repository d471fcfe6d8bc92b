# uv2nix reads these as text only.
config.extra-build-dependencies = lib.mapAttrs (
  _:
  map (each: {
    requirement = @pyproject_nix@.lib.pep508.parseString (each.requirement or each);
  })
) (lib.importTOML ./pyproject.toml).tool.uv.extra-build-dependencies;
