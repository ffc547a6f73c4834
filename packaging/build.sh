#!/bin/sh
# Makes bin/rapport_VERSION_ARCH.deb of bin/rapport. `make deb` calls it. RAPPORT_BIN names another program, DEB_VERSION another version, OUT another
# directory.
set -eu
cd "$(dirname "$0")/.."
program=${RAPPORT_BIN:-bin/rapport}
out=${OUT:-bin}
nfpm=${NFPM:-go run github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.0}

if [ -z "${DEB_VERSION:-}" ]; then
	described=$(git describe --tags --dirty 2>/dev/null || true)
	case "$described" in
	v[0-9]*) DEB_VERSION=$(echo "${described#v}" | sed 's/-\([0-9]*\)-g/+\1.g/; s/-dirty/+dirty/; s/-/~/') ;;
	*) DEB_VERSION="0~git$(git log -1 --format=%cd --date=format:%Y%m%d%H%M).$(git log -1 --format=%h)" ;; # nothing was released yet
	esac
fi
DEB_ARCH=$(dpkg --print-architecture 2>/dev/null || go env GOARCH)
# The oldest C library that has all the program asks for.
GLIBC=$(grep -aoE 'GLIBC_2\.[0-9]+' "$program" | sort -uV | tail -1 | cut -d_ -f2)
export DEB_VERSION DEB_ARCH GLIBC

rm -rf "$out/deb"
mkdir -p "$out/deb"
if ! strip -o "$out/deb/rapport" "$program" 2>/dev/null; then cp "$program" "$out/deb/rapport"; fi
gzip -9nc CHANGELOG.md >"$out/deb/changelog.gz"
cat <<END | gzip -9n >"$out/deb/changelog.Debian.gz"
rapport ($DEB_VERSION-1) unstable; urgency=medium

  * What changed stands in changelog.gz.

 -- The Rapport maintainers <maintainers@rapport.invalid>  $(git log -1 --format=%cD)
END
gzip -9nc docs/operate.md >"$out/deb/operate.md.gz"
gzip -9nc docs/reference/config.md >"$out/deb/config.md.gz"
gzip -9nc packaging/rapport.1 >"$out/deb/rapport.1.gz"
sed "s/\${GLIBC}/$GLIBC/; s|bin/deb|$out/deb|" packaging/nfpm.yaml >"$out/deb/nfpm.yaml"
$nfpm package --config "$out/deb/nfpm.yaml" --packager deb --target "$out/" >&2
rm -rf "$out/deb"
echo "$out/rapport_${DEB_VERSION}-1_${DEB_ARCH}.deb"
