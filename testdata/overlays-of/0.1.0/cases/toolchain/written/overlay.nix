{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin fast-pack 1.2.0
  # pyhack: from {"path":"project","toolchain":"pkgs.rust-bin.stable.latest.default"}
  # pyhack: made source=100f227b316a402a lock=7e7bf0ba1e1d924b build=048cd03e5002391d rules=a5bbd3676356d80a text=32ba6b4c0fc162b2
  fast-pack =
    (hacks.importCargoLock {
      prev = prev.fast-pack;
      cargoRoot = "rust";
      cargo = pkgs.rust-bin.stable.latest.default;
      rustc = pkgs.rust-bin.stable.latest.default;
    }).overrideAttrs
      (old: {
        env = (old.env or { }) // {
          MATURIN_NO_INSTALL_RUST = "1";
        };
      });
  # pyhack: end fast-pack
}
