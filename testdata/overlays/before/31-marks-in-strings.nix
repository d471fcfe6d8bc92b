{ pkgs, hacks, pyproject-nix, ... }:
final: prev: {
  script = ''
    # pyhack: begin fast-pack
    final: prev: { }
    # pyhack: end fast-pack
  '';
  line = "# pyhack: begin fast-pack";
}
