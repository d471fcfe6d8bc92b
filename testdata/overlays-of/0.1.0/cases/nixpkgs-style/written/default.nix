{
  buildPythonPackage,
  fetchPypi,
  rustPlatform,

  # build-system
  cffi,

  # nativeBuildInputs
  pkg-config,

  # buildInputs
  openssl,
}:
buildPythonPackage (finalAttrs: {
  pname = "fast-pack";
  version = "1.2.0";
  pyproject = true;
  __structuredAttrs = true;

  src = fetchPypi {
    pname = "fast_pack";
    inherit (finalAttrs) version;
    hash = "sha256-LR7uhBpdMzPcPV7MLi5ZB523sXRmFKUpdqJhU4s6vbs=";
  };

  cargoRoot = "rust";

  cargoDeps = rustPlatform.fetchCargoVendor {
    inherit (finalAttrs)
      pname
      version
      src
      cargoRoot
      ;
    hash = "sha256-W+/AAhin+wZYIofFwBg68tvU+sUG6O5+/DVzPBDSbtQ=";
  };

  build-system = [ cffi ];

  nativeBuildInputs = [
    pkg-config
    rustPlatform.cargoSetupHook
    rustPlatform.maturinBuildHook
  ];

  buildInputs = [ openssl ];

  pythonImportsCheck = [ "module" ];

  meta = {
    maintainers = [ ];
  };
})
