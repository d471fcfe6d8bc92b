{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin torch 2.9.0
  # pyhack: from {"lock":"uv.lock","prebuilt":"torch=torchWithoutCuda"}
  # pyhack: made source=54ead5c4d0c59a72 lock=e3b0c44298fc1c14 build=e3b0c44298fc1c14 rules=a5bbd3676356d80a text=fd82064ebd8f4349
  torch =
    if prev ? torch then
      lib.warnIf
        (
          lib.head (lib.splitString "+" prev.python.pkgs.torchWithoutCuda.version)
          != lib.head (lib.splitString "+" prev.torch.version)
        )
        "torch: nixpkgs has version ${prev.python.pkgs.torchWithoutCuda.version}, and the lock says ${prev.torch.version}"
        (
          hacks.nixpkgsPrebuilt {
            from = prev.python.pkgs.torchWithoutCuda;
            prev = prev.torch.overrideAttrs (old: {
              passthru = old.passthru // {
                dependencies = lib.filterAttrs (
                  name: _:
                  lib.any (drop: builtins.match drop name != null) [
                    "nvidia-.*" # CUDA's libraries: nixpkgs' build links its own
                    "triton" # its wheel is for torch's own wheel; the environment has none then
                  ] == false
                ) old.passthru.dependencies;
              };
            });
          }
        )
    else
      null;
  # pyhack: end torch
}
