-- The tables of Vitrina in MySQL or MariaDB (InnoDB; one server, Galera or Group Replication).
--
-- `vitrina-coordinator --migrate` makes them and brings older ones up to date. A database that somebody else is to
-- make can also be fed with this file. Instants are UTC.

-- version 1

-- Which versions of this file have been applied.
CREATE TABLE IF NOT EXISTS vitrina_schema (
  version INT UNSIGNED NOT NULL,
  applied_at DATETIME NOT NULL,
  PRIMARY KEY (version)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Settings that all coordinators must agree on, such as slot_minutes.
CREATE TABLE IF NOT EXISTS agreements (
  name VARCHAR(64) NOT NULL,
  value VARCHAR(255) NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The streaming servers: for operators to change. Coordinators read it again now and then and write nothing here.
CREATE TABLE IF NOT EXISTS servers (
  server_name VARCHAR(100) NOT NULL,
  enabled TINYINT(1) NOT NULL DEFAULT 1,     -- 0: no new sessions; those that run go on
  position INT NOT NULL DEFAULT 0,           -- the order of the list, then the name
  ip VARCHAR(253) NOT NULL,
  port SMALLINT UNSIGNED NOT NULL,
  url VARCHAR(1000) NULL,                    -- how people reach it, where that is not http://ip:port/
  rc_name VARCHAR(200) NOT NULL,
  info MEDIUMTEXT NULL,                      -- what is said of the complex: a JSON object (rc_info.info)
  entry MEDIUMTEXT NULL,                     -- the whole entry of an imported servers.json; the columns above win
  changed_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (server_name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The complexes that sessions were planned for, by number.
CREATE TABLE IF NOT EXISTS rcs (
  rc INT UNSIGNED NOT NULL AUTO_INCREMENT,
  rc_name VARCHAR(200) NOT NULL,
  slots_until INT UNSIGNED NOT NULL DEFAULT 0, -- rows of `slots` are there up to this one
  PRIMARY KEY (rc),
  UNIQUE KEY rc_name (rc_name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The ledger: how many places of a complex are taken in a slot of time. Slot 0 is 1970-01-01 00:00 UTC. A transaction
-- that gives a place away changes the rows of its slots; so no two of them, on whichever nodes, can both take the last.
CREATE TABLE IF NOT EXISTS slots (
  rc INT UNSIGNED NOT NULL,
  slot INT UNSIGNED NOT NULL,
  used INT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (rc, slot)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Bookings and sessions, past ones too.
CREATE TABLE IF NOT EXISTS reservations (
  id VARCHAR(64) NOT NULL,
  code VARCHAR(16) NOT NULL,
  live_code VARCHAR(16) NULL,                -- the code while it is in use
  rc_name VARCHAR(200) NOT NULL,
  starts_at DATETIME NOT NULL,
  ends_at DATETIME NOT NULL,
  booked TINYINT(1) NOT NULL,
  name VARCHAR(400) NULL,
  request_id VARCHAR(100) NULL,
  state ENUM('planned', 'running', 'ended') NOT NULL,
  server_name VARCHAR(100) NULL,
  reason VARCHAR(64) NULL,
  created_at DATETIME NULL,
  ended_at DATETIME NULL,
  rc INT UNSIGNED NOT NULL,
  slot_first INT UNSIGNED NOT NULL,          -- the slots that it holds: from slot_first to before slot_end
  slot_end INT UNSIGNED NOT NULL,
  claimed_by VARCHAR(64) NULL,               -- the coordinator that starts it
  changed_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id),
  UNIQUE KEY live_code (live_code),
  UNIQUE KEY request_id (request_id),
  KEY changed_at (changed_at),
  KEY state (state, ended_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- version 2

-- Who stands in a waiting line, and with which coordinator; and, for a while, who was let in. What does not last: rows
-- that no coordinator renews any more are removed.
CREATE TABLE IF NOT EXISTS places (
  place CHAR(64) NOT NULL,                   -- SHA-256 of the visitor's secret
  rc_name VARCHAR(200) NOT NULL,
  arrived_us BIGINT NOT NULL,                -- since 1970-01-01 00:00 UTC: the order of the line
  coordinator VARCHAR(64) NOT NULL,
  session VARCHAR(64) NULL,                  -- that was started for them
  server_name VARCHAR(100) NULL,
  gone TINYINT(1) NOT NULL DEFAULT 0,        -- given up: for those to know who still have it
  seen_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (place),
  KEY coordinator (coordinator),
  KEY seen_at (seen_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- version 3

-- The tickets of those who run the site (--ticket), without the tickets themselves. One that is not here is not good.
CREATE TABLE IF NOT EXISTS staff_tickets (
  id VARCHAR(64) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  name VARCHAR(400) NULL,                    -- whose it is
  created_at DATETIME NOT NULL,
  expires_at DATETIME NOT NULL,
  revoked_at DATETIME NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- version 4

-- By what the sender of a request_id is known again (vitrina-protocol(7), PLAN_SESSION).
ALTER TABLE reservations ADD COLUMN request_proof VARCHAR(64) NULL;

-- version 5

-- Whose something is, while it is held: keyed hashes of an address and of its network (limits.bookings and others).
ALTER TABLE reservations ADD COLUMN client CHAR(16) NULL, ADD COLUMN network CHAR(16) NULL;
ALTER TABLE places ADD COLUMN client CHAR(16) NULL, ADD COLUMN network CHAR(16) NULL;

-- version 6

-- Whether those who come to a session have to knock, and how often its code and its invitation were renewed.
ALTER TABLE reservations ADD COLUMN door VARCHAR(16) NULL, ADD COLUMN generation INT UNSIGNED NOT NULL DEFAULT 0;

-- version 7

-- Which key a server has (vitrina-coordinator --server-key): raising it makes the one that it had void.
ALTER TABLE servers ADD COLUMN generation INT UNSIGNED NOT NULL DEFAULT 1;
