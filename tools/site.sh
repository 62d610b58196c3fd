#!/bin/sh
# Makes the site as it is installed of the modules in www/: one script, one style sheet and a page in each language, whose words
# stand in it before any script has run, for those who look at a page without running it. Without a bundler (esbuild,
# Debian's) scripts and style sheets stay as they are.
# Usage: site.sh SOURCE TARGET [ESBUILD]
#
# TARGET is made anew: index.LANGUAGE.html for each language, index.html for all others.

set -eu
source=$1 target=$2 esbuild=${3-}

# The texts of a language, one a line after its key and a tab. Long ones stand on a line of their own; those with forms by number are
# in no page.
words() {
  sed -e "/':\$/N" -e "s/':\n */': /" "$source/i18n/$1.js" |
    sed -n "s/^  '\([a-z.]*\)': '\(.*\)',\$/\1	\2/p" | sed "s/\\\\'/'/g"
}

languages() {
  sed -n "s/^  { tag: '\([A-Za-z-]*\)'.*/\1/p" "$source/i18n/languages.js"
}

# The page with the words of a language, and English ones where it has none, in every element and attribute that asks for some.
speak() {
  { words en; words "$1"; echo; cat "$2"; } | awk -v language="$1" '
    function escaped(text) {
      gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/"/, "\\&quot;", text)
      return text
    }
    function fill(line, mark, before, after,   found, key, rest) {
      rest = ""
      while (match(line, mark "=\"[a-z.]+\"" before)) {
        found = substr(line, RSTART, RLENGTH)
        key = found; sub(/^[^"]*"/, "", key); sub(/".*/, "", key)
        rest = rest substr(line, 1, RSTART + RLENGTH - 1) (key in text ? sprintf(after, escaped(text[key])) : "")
        line = substr(line, RSTART + RLENGTH)
      }
      return rest line
    }
    in_page == 0 && $0 == "" { in_page = 1; next }
    in_page == 0 { tab = index($0, "\t"); text[substr($0, 1, tab - 1)] = substr($0, tab + 1); next }
    {
      sub(/<html lang="en">/, "<html lang=\"" language "\">")
      $0 = fill($0, "data-i18n", ">", "%s")
      $0 = fill($0, "data-i18n-content", "", " content=\"%s\"")
      $0 = fill($0, "data-i18n-label", "", " aria-label=\"%s\"")
      print
    }'
}

# The page with what is bundled in place of what it is made of: @1 the script, @2 the style sheet, @3 what else it needs at once.
bundled_page() {
  awk -v script="$1" -v sheet="$2" -v more="$3" '
    /<link rel="modulepreload"/ || /<!-- Every module/ { next }
    /<link rel="stylesheet"/ { if (!sheets++) printf "  <link rel=\"stylesheet\" href=\"assets/%s\">\n", sheet; next }
    /<script type="module"/ {
      printf "  <script type=\"module\" src=\"assets/%s\"></script>\n", script
      count = split(more, names, " ")
      for (i = 1; i <= count; i++) printf "  <link rel=\"modulepreload\" href=\"assets/%s\">\n", names[i]
      next
    }
    { print }' "$source/index.html"
}

bundler() {
  "$esbuild" "$@" --bundle --minify --charset=utf8 --legal-comments=eof --log-level=warning \
    --entry-names='[name]-[hash]' --chunk-names='[name]-[hash]' --outdir="$target/assets"
}

# Names tell what is in them, so that browsers may keep them for ever. A sheet is what the page links, in that order.
bundle() {
  mkdir "$target/assets"
  bundler "$source/main.js" --splitting --format=esm --target=es2022
  sed -n 's|.*<link rel="stylesheet" href="\(.*\)">.*|@import "./\1";|p' "$source/index.html" >"$target/site.css"
  cp -r "$source/styles" "$target/"
  chmod -R u+w "$target/styles"
  bundler "$target/site.css"
  rm -r "$target/site.css" "$target/styles"
}

# What of assets/ has a name of such a kind, in one line.
assets() {
  (cd "$target/assets" && printf '%s ' $1)
}

rm -rf "$target"
mkdir -p "$target"
if [ -n "$esbuild" ]; then
  bundle
  for file in favicon.svg icons load.js manifest.webmanifest; do cp -r "$source/$file" "$target/"; done
  mkdir "$target/vendor"
  cp "$source"/vendor/*.LICENSE "$target/vendor/"
  chmod -R u+w "$target"
else
  cp -r "$source/." "$target/"
  chmod -R u+w "$target"
  rm "$target/index.html" "$target/package.json" "$target/rooms.am"
fi
for language in $(languages); do
  if [ -n "$esbuild" ]; then
    bundled_page $(assets 'main-*.js') $(assets 'site-*.css') "$(assets "chunk-*.js $language-*.js")" >"$target/page"
  else
    cp "$source/index.html" "$target/page"
  fi
  speak "$language" "$target/page" >"$target/index.$language.html"
  rm "$target/page"
done
cp "$target/index.en.html" "$target/index.html"
