"""Write the files: `scripts/reference` runs this."""

from reference_pages import WRITTEN

for path, text in WRITTEN.items():
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text())
