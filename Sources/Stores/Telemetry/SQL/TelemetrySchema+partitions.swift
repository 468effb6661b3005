/// Tables that grow with traffic are partitioned by day in PostgreSQL; SQLite knows no partitions and keeps its tables.
///
/// PostgreSQL wants the partition's column in every unique key: so a request id is unique within a day (UTC) of its
/// prediction's time. That keeps what matters, as a row that is sent again has its time with it. The reasons stand in
/// docs/decisions.
extension TelemetrySchema {
  @Sendable static func partitions(_ dialect: SQLDialect) -> [String] {
    guard case .postgres = dialect else { return [] }
    return [
      "SET LOCAL statement_timeout = 0", addPartition, dropPartitions,
      "DROP VIEW labelled_predictions",
      "ALTER TABLE predictions RENAME TO unpartitioned_predictions",
      "ALTER INDEX predictions_pkey RENAME TO unpartitioned_predictions_pkey",
      "ALTER INDEX predictions_by_time RENAME TO unpartitioned_predictions_by_time",
      "ALTER TABLE labels RENAME TO unpartitioned_labels",
      "ALTER INDEX labels_pkey RENAME TO unpartitioned_labels_pkey",
      "ALTER INDEX labels_by_time RENAME TO unpartitioned_labels_by_time",
      // JSON keeps the client's text as it came and costs a third of what JSONB does to write. Ids sort by bytes,
      // whatever the database's language.
      """
      CREATE TABLE predictions (
        namespace TEXT NOT NULL, model TEXT NOT NULL, request_id TEXT COLLATE "C" NOT NULL, version TEXT NOT NULL,
        role TEXT NOT NULL, time DOUBLE PRECISION NOT NULL, features JSON NOT NULL,
        predicted_class TEXT NOT NULL, probabilities JSON NOT NULL, confidence DOUBLE PRECISION NOT NULL,
        latency_seconds DOUBLE PRECISION NOT NULL, repeats BIGINT NOT NULL, last_time DOUBLE PRECISION NOT NULL,
        day DATE NOT NULL, PRIMARY KEY (request_id, version, model, namespace, day)) PARTITION BY RANGE (day)
      """,
      "CREATE INDEX predictions_by_time ON predictions (namespace, model, time)",
      """
      CREATE TABLE labels (
        namespace TEXT NOT NULL, model TEXT NOT NULL, request_id TEXT COLLATE "C" NOT NULL, label TEXT NOT NULL,
        time DOUBLE PRECISION NOT NULL, day DATE NOT NULL, PRIMARY KEY (request_id, model, namespace, day))
      PARTITION BY RANGE (day)
      """,
      "CREATE INDEX labels_by_time ON labels (namespace, model, time)",
      move("predictions", "features::TEXT::JSON", "probabilities::TEXT::JSON"),
      move("labels"),
      """
      CREATE VIEW labelled_predictions AS
      SELECT p.namespace, p.model, p.request_id, p.version, p.role, to_timestamp(p.time) AS predicted_at,
        p.features, p.predicted_class, p.probabilities, p.confidence, p.latency_seconds, p.repeats, l.label,
        to_timestamp(l.time) AS labelled_at
      FROM predictions p LEFT JOIN LATERAL (
        SELECT c.label, c.time FROM labels c WHERE c.request_id = p.request_id AND c.model = p.model
          AND c.namespace = p.namespace AND c.day >= p.day - 1 ORDER BY c.day DESC LIMIT 1
      ) l ON TRUE
      """,
    ]
  }

  /// What the server keeps of each feature and minute. `feature` is empty for the predictions.
  @Sendable static func profiles(_ dialect: SQLDialect) -> [String] {
    let columns = """
      namespace TEXT NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL, feature TEXT NOT NULL,
      minute DOUBLE PRECISION NOT NULL, instance TEXT NOT NULL, bins TEXT NOT NULL, row_count BIGINT NOT NULL,
      mean DOUBLE PRECISION, squares DOUBLE PRECISION, minimum DOUBLE PRECISION, maximum DOUBLE PRECISION,
      counts TEXT NOT NULL
      """
    let index = "CREATE INDEX feature_profiles_by_time ON feature_profiles (namespace, model, minute)"
    switch dialect {
    case .sqlite:
      return [
        """
        CREATE TABLE feature_profiles (
          \(columns), PRIMARY KEY (namespace, model, version, feature, minute, instance))
        """, index,
      ]
    case .postgres:
      return [
        """
        CREATE TABLE feature_profiles (
          \(columns), day DATE NOT NULL, PRIMARY KEY (namespace, model, version, feature, minute, instance, day))
        PARTITION BY RANGE (day)
        """, index,
      ]
    }
  }

  /// One in 64 and one in 4,096 predictions: a power of two less one.
  static let sampleMasks = [63, 4095]

  /// Whether a prediction belongs to a sample, by its request id: the same in every server, and in each table of a day.
  static func sample(_ column: String, mask: Int) -> String { "(hashtext(\(column)) & \(mask)) = 0" }

  /// Indexes of the samples, so that a share of a week's predictions is found without reading the others.
  @Sendable static func samples(_ dialect: SQLDialect) -> [String] {
    guard case .postgres = dialect else { return [] }
    return ["SET LOCAL statement_timeout = 0"]
      + sampleMasks.map { mask in
        """
        CREATE INDEX predictions_sample_\(mask + 1) ON predictions (namespace, model, time)
        WHERE \(sample("request_id", mask: mask))
        """
      }
  }

  /// Brings the rows of the table before it was partitioned to the new one.
  /// - Parameter converted: Columns whose type has changed, with the conversion behind their name.
  private static func move(_ table: String, _ converted: String...) -> String {
    let columns =
      table == "labels"
      ? ["namespace", "model", "request_id", "label", "time"]
      : [
        "namespace", "model", "request_id", "version", "role", "time", "features", "predicted_class", "probabilities",
        "confidence", "latency_seconds", "repeats", "last_time",
      ]
    let values = columns.map { column in converted.first { $0.hasPrefix(column + "::") } ?? column }
    return """
      DO $body$
      DECLARE since DATE;
      BEGIN
        FOR since IN
          SELECT DISTINCT DATE '1970-01-01' + floor(greatest(time, 0) / 86400)::INTEGER FROM unpartitioned_\(table)
        LOOP
          PERFORM apus_add_partition('\(table)', since);
        END LOOP;
        INSERT INTO \(table) (\(columns.joined(separator: ", ")), day)
        SELECT \(values.joined(separator: ", ")), DATE '1970-01-01' + floor(greatest(time, 0) / 86400)::INTEGER
        FROM unpartitioned_\(table);
        DROP TABLE unpartitioned_\(table);
      END
      $body$
      """
  }

  /// Made apart and attached then, which keeps nobody from reading and writing meanwhile; the lock lets one process at
  /// a time do so. The catalog is asked and not `to_regclass`, whose cache may still say no after the wait for the
  /// lock.
  private static let addPartition = """
    CREATE FUNCTION apus_add_partition(parent TEXT, since DATE) RETURNS VOID LANGUAGE plpgsql AS $body$
    DECLARE part TEXT := parent || '_' || to_char(since, 'YYYYMMDD');
    BEGIN
      FOR step IN 1..2 LOOP
        IF EXISTS (
          SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent = parent::REGCLASS AND c.relname = part)
        THEN
          RETURN;
        END IF;
        IF step = 1 THEN PERFORM pg_advisory_xact_lock(4702111234474983746); END IF;
      END LOOP;
      EXECUTE format('CREATE TABLE IF NOT EXISTS %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part, since, since + 1);
    END
    $body$
    """

  /// Whom a partition's rows belong to is looked up before it is locked, and once more then: a day of several models is
  /// never locked. A day without rows goes, too, and counts as none. Where a day cannot be locked, as somebody reads it
  /// for long, the later ones are left for the next time as well.
  ///
  /// Everybody else locks the whole table before its partitions, and so does this: otherwise each could wait for what
  /// the other has. Whoever stores or reads rows waits behind it, so that it waits for half a second at most, which is
  /// less than the time after which PostgreSQL looks for such a circle; and one transaction drops a few days only.
  @Sendable static func orderedDrops(_ dialect: SQLDialect) -> [String] {
    guard case .postgres = dialect else { return [] }
    return [
      """
      CREATE OR REPLACE FUNCTION apus_drop_partitions(parent TEXT, until DATE, owner_namespace TEXT, owner_model TEXT)
      RETURNS BIGINT LANGUAGE plpgsql AS $body$
      DECLARE
        part RECORD;
        ends RECORD;
        dropped INTEGER := 0;
        gone BIGINT := 0;
      BEGIN
        SET LOCAL lock_timeout = '500ms';
        FOR part IN
          SELECT c.relname AS name, greatest(c.reltuples, 1)::BIGINT AS size
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent = parent::REGCLASS AND c.relname < parent || '_' || to_char(until, 'YYYYMMDD')
          ORDER BY c.relname
        LOOP
          BEGIN
            FOR look IN 1..2 LOOP
              EXECUTE format(
                'SELECT COUNT(*) AS rows, COUNT(*) FILTER (WHERE (namespace, model) <> ($1, $2)) AS foreign_rows FROM (
                   (SELECT namespace, model FROM %1$I ORDER BY namespace, model, %2$I LIMIT 1) UNION ALL
                   (SELECT namespace, model FROM %1$I ORDER BY namespace DESC, model DESC, %2$I DESC LIMIT 1)
                 ) first_and_last',
                part.name, CASE parent WHEN 'feature_profiles' THEN 'minute' ELSE 'time' END)
                INTO ends USING owner_namespace, owner_model;
              EXIT WHEN ends.foreign_rows > 0;
              IF look = 1 THEN
                EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', parent);
                EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', part.name);
              ELSE
                EXECUTE format('DROP TABLE %I', part.name);
                IF ends.rows > 0 THEN
                  gone := gone + part.size;
                  dropped := dropped + 1;
                END IF;
              END IF;
            END LOOP;
          EXCEPTION WHEN lock_not_available THEN
            EXIT;
          END;
          EXIT WHEN dropped >= 16;
        END LOOP;
        RETURN gone;
      END
      $body$
      """
    ]
  }

  /// Drops partitions of days before `until` that hold rows of no other model. The index by model and time tells so at
  /// its two ends. Who waits for the lock holds up others, so that it is waited for briefly; the next sweep tries
  /// again. Replaced by `orderedDrops`.
  private static let dropPartitions = """
    CREATE FUNCTION apus_drop_partitions(parent TEXT, until DATE, owner_namespace TEXT, owner_model TEXT)
    RETURNS BIGINT LANGUAGE plpgsql AS $body$
    DECLARE
      part RECORD;
      is_shared BOOLEAN;
      gone BIGINT := 0;
    BEGIN
      SET LOCAL lock_timeout = '2s';
      FOR part IN
        SELECT c.relname AS name, greatest(c.reltuples, 1)::BIGINT AS size
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = parent::REGCLASS AND c.relname < parent || '_' || to_char(until, 'YYYYMMDD')
        ORDER BY c.relname
      LOOP
        BEGIN
          EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', part.name);
          EXECUTE format(
            'SELECT EXISTS (SELECT FROM (
               (SELECT namespace, model FROM %1$I ORDER BY namespace, model, %2$I LIMIT 1) UNION ALL
               (SELECT namespace, model FROM %1$I ORDER BY namespace DESC, model DESC, %2$I DESC LIMIT 1)
             ) ends WHERE (namespace, model) <> ($1, $2))',
            part.name, CASE parent WHEN 'feature_profiles' THEN 'minute' ELSE 'time' END)
            INTO is_shared USING owner_namespace, owner_model;
          IF NOT is_shared THEN
            EXECUTE format('DROP TABLE %I', part.name);
            gone := gone + part.size;
          END IF;
        EXCEPTION WHEN lock_not_available THEN
          NULL;
        END;
      END LOOP;
      RETURN gone;
    END
    $body$
    """
}
