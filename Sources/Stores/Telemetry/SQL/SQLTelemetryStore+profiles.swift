import Monitoring
import Statistics

extension SQLTelemetryStore {
  private static let profileForm = BulkForm(
    purpose: "store profiles", table: "feature_profiles",
    columns: [
      .init("namespace"), .init("model"), .init("version"), .init("feature"), .init("minute", .number),
      .init("instance"), .init("bins"), .init("row_count", .integer), .init("mean", .number),
      .init("squares", .number), .init("minimum", .number), .init("maximum", .number), .init("counts"),
    ], key: [2, 3, 4, 5],
    onConflict: """
      ON CONFLICT (namespace, model, version, feature, minute, instance) DO UPDATE SET bins = excluded.bins,
        row_count = excluded.row_count, mean = excluded.mean, squares = excluded.squares, minimum = excluded.minimum,
        maximum = excluded.maximum, counts = excluded.counts
      """,
    merge: [
      .init(
        """
        INSERT INTO feature_profiles SELECT namespace, model, version, feature, minute, instance, bins, row_count, mean,
          squares, minimum, maximum, counts, day
        FROM :rows ORDER BY namespace, model, version, feature, minute, instance, day
        ON CONFLICT (namespace, model, version, feature, minute, instance, day) DO UPDATE SET bins = excluded.bins,
          row_count = excluded.row_count, mean = excluded.mean, squares = excluded.squares, minimum = excluded.minimum,
          maximum = excluded.maximum, counts = excluded.counts
        """)
    ], expectsNewRows: false)

  func store(_ profiles: [ProfileRecord], of model: ModelKey) async throws(TelemetryError) {
    guard !profiles.isEmpty else { return }
    let rows = profiles.map { profile in
      let moments = profile.counts.moments
      let measures: [SQLValue] =
        moments.count > 0
        ? [.number(moments.mean), .number(moments.squares), .number(moments.minimum), .number(moments.maximum)]
        : [.null, .null, .null, .null]
      return ValueRows.Row(
        [
          .text(model.namespace), .text(model.model), .text(profile.version), .text(profile.feature ?? ""),
          .number(profile.minute), .text(profile.instance), .text(profile.bins), .integer(moments.count),
        ] + measures + [.text(profile.counts.counts.map(String.init).joined(separator: ","))],
        day: BulkDay.of(profile.minute))
    }
    try await store(ValueRows(rows: rows), of: model, by: Self.profileForm)
  }

  func profile(
    of model: ModelKey, version: String, bins: String, from: Double, to: Double
  ) async throws(TelemetryError) -> WindowProfile? {
    var conditions = Conditions()
    conditions.add("namespace = ?", .text(model.namespace))
    conditions.add("model = ?", .text(model.model))
    conditions.add("version = ?", .text(version))
    conditions.add("bins = ?", .text(bins))
    conditions.add("minute >= ?", .number(from))
    conditions.add("minute < ?", .number(to))
    if case .postgres = database.dialect {
      conditions.add("day >= DATE '1970-01-01' + ?::INTEGER", .integer(BulkDay.of(from)))
      conditions.add("day <= DATE '1970-01-01' + ?::INTEGER", .integer(BulkDay.of(to)))
    }
    let statement = SQLStatement(
      "read profiles", table: "feature_profiles",
      """
      SELECT feature, row_count, mean, squares, minimum, maximum, counts FROM feature_profiles
      WHERE \(conditions.text) ORDER BY minute, instance, feature
      """)
    let arguments = conditions.arguments
    return try await database.read { (connection) throws(TelemetryError) -> WindowProfile? in
      let rows = try connection.rows(statement, arguments)
      guard !rows.isEmpty else { return nil }
      var profile = WindowProfile()
      for row in rows {
        let feature = try row.text(0)
        let counts = try Self.counts(row)
        if feature.isEmpty { profile.addPredictions(counts) } else { profile.add(counts, toFeature: feature) }
      }
      return profile
    }
  }

  private static func counts(_ row: SQLRow) throws(TelemetryError) -> FeatureCounts {
    var counts: [Int] = []
    for text in try row.text(6).split(separator: ",") {
      // Sums of many minutes stay far from the end of 64 bits.
      guard let count = Int(text), (0...1 << 40).contains(count) else {
        throw .damaged(table: row.table, reason: "it has a count that is not a whole number within bounds")
      }
      counts.append(count)
    }
    return FeatureCounts(
      counts: counts,
      moments: Moments(
        count: try row.integer(1), mean: try row.optionalNumber(2) ?? 0, squares: try row.optionalNumber(3) ?? 0,
        minimum: try row.optionalNumber(4) ?? 0, maximum: try row.optionalNumber(5) ?? 0))
  }
}
