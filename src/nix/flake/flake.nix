{
  description = @description@;

  inputs = {
    @inputs@
  };

  outputs =
    {
      nixpkgs,
      pyproject-nix,
      uv2nix,
      pyproject-build-systems,
      ...
    }:
    let
      inherit (nixpkgs) lib;

      # What `uv.lock` has.
      @workspace@@dependencies@
      systems = @systems@;

      perSystem = lib.genAttrs systems (
        system:
        let
          pkgs = nixpkgs.legacyPackages.${system};
          python = pkgs.@python@;
          @hacks@
          # How packages are built from source: `cargo pyhack lock` writes it, and
          # `cargo pyhack check` says whether it is up to date.
          @overlay@

          pythonSet = (pkgs.callPackage pyproject-nix.build.packages { inherit python; }).overrideScope (
            lib.composeManyExtensions [
              @missing@pyproject-build-systems.overlays.wheel
              (workspace.mkPyprojectOverlay { @arguments@ })
              overlay
            ]
          );
          @shell_set@
          shellEnvironment = @set@.mkVirtualEnv @shell_name@ @all@;
        in
        {
          environment = pythonSet.mkVirtualEnv @environment_name@ @default@;

          shell = pkgs.mkShell {
            packages = [
              shellEnvironment
              @programs@
            ];
            # `uv run` takes Nix' environment as it is, `uv add` and `uv lock` its Python.
            env = {
              UV_PROJECT_ENVIRONMENT = "${shellEnvironment}";
              UV_NO_SYNC = "1";
              UV_PYTHON = python.interpreter;
              UV_PYTHON_DOWNLOADS = "never";
            };
            shellHook = ''
unset PYTHONPATH@root@
            '';
          };
        }
      );
    in
    {
      packages = lib.mapAttrs (_: each: { default = each.environment; }) perSystem;
      devShells = lib.mapAttrs (_: each: { default = each.shell; }) perSystem;
    };
}
