//! What registries say about crates besides the crates themselves.

use super::{CrateStore, DOWNLOADS, YANKED, YANKED_FOLDER};
use crate::hash::Sha256;
use crate::io::IoError;
use crate::io::network::{Answer, Request};
use crate::io::registry::{
    Index, Reach, Remote, Supplier, Unusable, entry_url, is_known_yanked, nix_download, says_yanked,
};
use crate::project::{CrateSource, LockedCrate, RegistrySource, without_credentials};

/// Returns the crates that a registry has yanked, as far as that was seen:
/// in cargo's copy of the index when a crate was first read from cargo's
/// cache, or in the index itself when the crate was fetched.
pub fn yanked_crates<'a>(
    store: &CrateStore,
    crates: impl Iterator<Item = &'a LockedCrate>,
) -> Vec<&'a LockedCrate> {
    // Mostly no crate at all is known to be yanked.
    let cache = store.cache.folder();
    let any = cache.map(|cache| cache.join(YANKED_FOLDER));
    let any = any.is_some_and(|folder| folder.is_dir());
    let is_yanked = |krate: &&LockedCrate| {
        let path = krate.checksum();
        let path = path.and_then(|checksum| store.cache.path(&YANKED, &checksum));
        path.is_some_and(|path| path.exists())
    };
    crates.filter(|_| any).filter(is_yanked).collect()
}

/// Upper bound on what an index says about one crate, in bytes.
const MAX_ENTRY: u64 = 16 << 20;

/// Whether the index says that a crate is yanked. An index that can't be
/// read says nothing: the crate itself is there.
pub(super) fn is_yanked_in(
    store: &CrateStore,
    index: &Index,
    krate: &LockedCrate,
    remote: &Remote,
) -> bool {
    let Index::Sparse(url) = index else {
        return is_yanked_locally(store, index, krate);
    };
    let Some(url) = entry_url(url, krate) else {
        return false;
    };
    let request = Request {
        limit: MAX_ENTRY,
        ..Request::new(&url, remote.token.as_ref())
    };
    match store.network.get(request, &store.settings.http) {
        Ok(Some(Answer::Body(body))) => body
            .into_bytes(MAX_ENTRY)
            .is_ok_and(|bytes| says_yanked(&bytes, &krate.version)),
        _ => false,
    }
}

fn is_yanked_locally(store: &CrateStore, index: &Index, krate: &LockedCrate) -> bool {
    let home = store.settings.home.as_deref();
    home.is_some_and(|home| is_known_yanked(index, home, krate))
}

/// Looks for a crate of cargo's cache in cargo's copy of the index.
pub(super) fn look_for_yanked(store: &CrateStore, krate: &LockedCrate, checksum: &Sha256) {
    if let Ok(Supplier::Registry(index)) = store.settings.supplier(&krate.source)
        && is_yanked_locally(store, &index, krate)
    {
        let _ = store.cache.put(&YANKED, checksum, &Vec::new());
    }
}

/// Returns the address from which nixpkgs' `importCargoLock` can fetch the
/// crates of a registry: a value of `extraRegistries`.
///
/// # Errors
/// Fails if the registry can't be reached, or has addresses of another
/// form.
pub fn nix_download_url(store: &CrateStore, source: &RegistrySource) -> Result<String, IoError> {
    let key = Sha256::of(source.id.as_bytes());
    if store.network.is_offline()
        && let Some(url) = store.cache.get(&DOWNLOADS, &key)
    {
        return Ok(url);
    }
    let label = without_credentials(&source.id);
    let unusable = |unusable: Unusable| unusable.for_crate(&label);
    let index = match store
        .settings
        .supplier(&CrateSource::Registry(source.clone()))
    {
        Ok(Supplier::Registry(index)) => index,
        Ok(Supplier::Folder(_)) => {
            let message =
                format!("`{label}` is replaced with a folder, from which Nix can't fetch");
            return Err(unusable(Unusable::Settings(message)));
        }
        Err(message) => return Err(unusable(Unusable::Settings(message))),
    };
    let reach = Reach {
        network: &store.network,
        settings: &store.settings,
    };
    let remote = store.remotes.remote(&index, reach).map_err(unusable)?;
    let url = nix_download(&remote.dl).ok_or_else(|| IoError::DownloadTemplate {
        index: label.clone(),
        dl: without_credentials(&remote.dl),
    })?;
    let url = url.to_owned();
    store.cache.put(&DOWNLOADS, &key, &url)?;
    Ok(url)
}
