#!/bin/sh
# The browser tests need a Chromium. Installs Debian's where that is possible, else says what to do; never fails.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "==> Installing Chromium for the browser tests"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; } >/dev/null 2>&1 && exit 0
fi
echo "No Chromium found and none could be installed: the browser tests will be skipped. Install one (Debian: 'apt-get install chromium') to run them." >&2
exit 0
