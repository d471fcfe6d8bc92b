{ pkgs, hacks, pyproject-nix, ... }:
final: prev: {
  numpy = prev.numpy.overrideAttrs (old: {
    buildInputs = (old.buildInputs or [ ]) ++ [ pkgs.openblas ];
  });

  pyyaml = prev.pyyaml;
}
