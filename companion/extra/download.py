"""Fetch Stanford's two zips to companion/utils/datasets, check them, and take out the files that the companion reads.

python companion/extra download
"""

import zipfile

from utils.treebank import DATASETS, STANFORD

from data.writer import atomic_write

# The zips, their SHA-256 (the values that Julia's data registries pin too), and what is taken out, to which name.
ZIPS = [
    (
        "https://nlp.stanford.edu/sentiment/trainDevTestTrees_PTB.zip",
        "5c613a4f673fc74097d523a2c83f38e0cc462984d847b82c7aaf36b01cbbbfcc",
        {f"trees/{split}.txt": f"{split}.txt" for split in ("train", "dev", "test")},
    ),
    (
        "https://nlp.stanford.edu/~socherr/stanfordSentimentTreebank.zip",
        "3f5209483b46bbf129cacbbbe6ae02fe780407034f61cf6342b7833257c3f1db",
        {f"{STANFORD}/{name}": f"{STANFORD}/{name}" for name in ("datasetSentences.txt", "datasetSplit.txt")},
    ),
]


def download(folder=DATASETS):
    """Fetch the zips to `folder` and take out their files. A zip that is there, with the right checksum, is kept.

    Raises OSError without a network, and ValueError if a checksum is wrong.
    """
    import pooch

    for url, sha256, members in ZIPS:
        try:
            archive = pooch.retrieve(
                url, known_hash=f"sha256:{sha256}", fname=url.rsplit("/", 1)[1], path=folder, progressbar=True
            )
        except (OSError, ValueError) as error:
            raise ValueError(
                f"the download failed ({error}); without a network, put "
                f"{' and '.join(url for url, _, _ in ZIPS)} in {folder} and run this again, which checks them too; "
                "until then every file runs on the project's own small corpus"
            ) from None
        with zipfile.ZipFile(archive) as opened:
            for member, name in members.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                with atomic_write(folder / name) as temporary:
                    temporary.write_bytes(opened.read(member))
