{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin sympy 1.14.0
  # pyhack: from {"lock":"../uv.lock","prebuilt":"sympy","drop":["mpmath"],"strict":true}
  # pyhack: made source=4c7c5db98db77798 lock=e3b0c44298fc1c14 build=e3b0c44298fc1c14 rules=a5bbd3676356d80a text=b2d373e544dfe57f
  sympy =
    if prev ? sympy then
      lib.throwIf
        (
          lib.head (lib.splitString "+" prev.python.pkgs.sympy.version)
          != lib.head (lib.splitString "+" prev.sympy.version)
        )
        "sympy: nixpkgs has version ${prev.python.pkgs.sympy.version}, and the lock says ${prev.sympy.version}"
        (
          hacks.nixpkgsPrebuilt {
            from = prev.python.pkgs.sympy;
            prev = prev.sympy.overrideAttrs (old: {
              passthru = old.passthru // {
                dependencies = lib.filterAttrs (
                  name: _: lib.any (drop: builtins.match drop name != null) [ "mpmath" ] == false
                ) old.passthru.dependencies;
              };
            });
          }
        )
    else
      null;
  # pyhack: end sympy
}
