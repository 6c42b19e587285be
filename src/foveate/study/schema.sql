CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

-- of a rater's link only a hash is kept
CREATE TABLE IF NOT EXISTS raters (
  id INTEGER PRIMARY KEY AUTOINCREMENT, secret_sha256 TEXT NOT NULL UNIQUE, slot INTEGER NOT NULL UNIQUE, code TEXT NOT NULL,
  joined_ms INTEGER NOT NULL, consent_sha256 TEXT NOT NULL
) STRICT;

-- every clip that was cut, so that all of a participant can be deleted
CREATE TABLE IF NOT EXISTS clips (clip TEXT PRIMARY KEY, recording TEXT NOT NULL, cluster TEXT NOT NULL) STRICT;

-- what each rater is shown, in their order: enough to analyse without the Run
CREATE TABLE IF NOT EXISTS pages (
  rater INTEGER NOT NULL REFERENCES raters (id), place INTEGER NOT NULL, kind TEXT NOT NULL, sample TEXT NOT NULL,
  recording TEXT NOT NULL, cluster TEXT NOT NULL, category TEXT NOT NULL, start_s REAL NOT NULL, stop_s REAL NOT NULL,
  clip TEXT NOT NULL, conditions TEXT NOT NULL, texts TEXT NOT NULL, expected TEXT NOT NULL, PRIMARY KEY (rater, place)
) STRICT;

-- whose reference stands on a page of another clip, so that it is deleted with them
CREATE TABLE IF NOT EXISTS lent (
  rater INTEGER NOT NULL, place INTEGER NOT NULL, recording TEXT NOT NULL, cluster TEXT NOT NULL, PRIMARY KEY (rater, place),
  FOREIGN KEY (rater, place) REFERENCES pages (rater, place)
) STRICT;

CREATE TABLE IF NOT EXISTS clicks (
  id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, rater INTEGER NOT NULL, place INTEGER NOT NULL,
  what TEXT NOT NULL, question TEXT NOT NULL, description INTEGER NOT NULL, value TEXT NOT NULL, since_ms INTEGER NOT NULL,
  tab TEXT NOT NULL, taken INTEGER NOT NULL, at_ms INTEGER NOT NULL, UNIQUE (rater, uid),
  FOREIGN KEY (rater, place) REFERENCES pages (rater, place)
) STRICT;
CREATE INDEX IF NOT EXISTS clicks_of ON clicks (rater, place);

-- a hash of every participant or recording that was removed, so that it does not come back
CREATE TABLE IF NOT EXISTS forgotten (name_sha256 TEXT PRIMARY KEY) STRICT;

CREATE TABLE IF NOT EXISTS forgetting (id INTEGER PRIMARY KEY) STRICT;
CREATE TRIGGER IF NOT EXISTS clicks_stay BEFORE DELETE ON clicks WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'clicks are only added'); END;
CREATE TRIGGER IF NOT EXISTS clicks_are_not_changed BEFORE UPDATE ON clicks
BEGIN SELECT RAISE(ABORT, 'clicks are only added'); END;

-- the answers as they stand: the last that was taken
CREATE VIEW IF NOT EXISTS answers AS
SELECT rater, place, question, description, value, since_ms, at_ms, count(*) AS clicks, max(id) AS click
FROM clicks WHERE what = 'answer' AND taken = 1 GROUP BY rater, place, question, description;

CREATE VIEW IF NOT EXISTS told_pages AS
SELECT pages.*, EXISTS (
  SELECT 1 FROM clicks WHERE clicks.rater = pages.rater AND clicks.place = pages.place AND what = 'next' AND taken = 1
) AS done FROM pages;

CREATE VIEW IF NOT EXISTS named_raters AS
SELECT raters.*, printf('rater-%03d', id) AS name,
  EXISTS (SELECT 1 FROM pages WHERE rater = raters.id)
  AND NOT EXISTS (SELECT 1 FROM told_pages WHERE rater = raters.id AND done = 0) AS finished
FROM raters;
