"""Start Galaxy's Celery worker, which takes uploads and sets metadata, with quick looks for work.

Run by Galaxy's own Python. The broker on SQLite, which Galaxy uses where no other is named,
looks for a message once a second and has no setting for it; an upload passes through it four
times.
"""

from celery.__main__ import main
from kombu.transport.sqlalchemy import Transport

POLL_SECONDS = 0.1

if __name__ == "__main__":
    Transport.polling_interval = POLL_SECONDS
    main()
