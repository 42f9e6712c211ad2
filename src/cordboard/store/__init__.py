"""The database: the company and all that is kept beside it. The only room that knows of tables.

`async with open_store(url) as store`, then `async with store.transaction() as session` (or `store.reading()`), then the
queries of the module named after their subject: `company`, `flows`, `blocks`, `agents`, `journal`, `accounts`, `audit`,
`switches`. Values are in `values` (the company) and `records` (the rest), skill levels as penalties in `skills`.
"""

from cordboard.store.engine import Session, Store, open_store
from cordboard.store.errors import StoreError

__all__ = ["Session", "Store", "StoreError", "open_store"]
