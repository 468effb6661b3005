package import WorkerContract

/// The model that rows belong to. Every table is keyed by it.
package struct ModelKey: Sendable, Hashable {
  package var namespace: String
  package var model: String
  /// Which model of that name; nil: whichever was the first of the name.
  package var identity: ModelIdentity?

  package init(namespace: String, model: String, identity: ModelIdentity? = nil) {
    self.namespace = namespace
    self.model = model
    self.identity = identity
  }

  /// The model that a routing table is about.
  package init(_ table: RoutingTable) {
    self.init(namespace: table.namespace, model: table.model, identity: table.identity)
  }
}

/// Stores predictions. All of a batch is stored or none of it.
///
/// Guarantees: storing the same record again changes nothing, so a batch whose outcome is unknown may be sent again. A
/// record with the request id and version of a stored one but a later time is a repeated request: the first record
/// stays and its `repeats` grows.
package protocol PredictionWriter: Sendable {
  func append(_ predictions: [PredictionRecord], of model: ModelKey) async throws(TelemetryError)
}

/// Stores labels. They may come before their prediction, late, and more than once: the one with the latest time counts.
package protocol LabelWriter: Sendable {
  func append(_ labels: [LabelRecord], of model: ModelKey) async throws(TelemetryError)
}

package protocol PredictionReader: Sendable {
  /// The predictions that match, oldest first, each with its label where one has come.
  func predictions(_ query: PredictionQuery) async throws(TelemetryError) -> [LoggedPrediction]

  /// How often each version said each class and what the label was, if one has come, over the predictions from `from`
  /// on (seconds since 1970). Where they are more than `limit`, over a random sample of them of at most so many; only
  /// where even one in 4,096 is more, over the latest of those.
  func outcomes(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [OutcomeCount]

  /// The same over the predictions from `from` on that the latest `limit` labels are about, however long after their
  /// predictions they came, and however many predictions have no label.
  func labelledOutcomes(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [OutcomeCount]

  /// The latest times of a stored prediction and a label: where both are as before, no new one has come, barring rows
  /// that come later than others with later times. Costs two look-ups, however many rows there are.
  func newest(of model: ModelKey) async throws(TelemetryError) -> NewestRows
}

/// Times (seconds since 1970) of the newest rows of a model, nil where there is none.
package struct NewestRows: Sendable, Equatable {
  package var prediction: Double?
  package var label: Double?

  package init(prediction: Double?, label: Double?) {
    self.prediction = prediction
    self.label = label
  }
}

/// Stores what checks found. A second record of the same run replaces the first.
package protocol ReportWriter: Sendable {
  /// Returns false where nothing was stored, because the model was removed.
  @discardableResult
  func store(_ check: CheckRecord, of model: ModelKey) async throws(TelemetryError) -> Bool
}

package protocol ReportReader: Sendable {
  /// The latest checks that ended not before `from` (seconds since 1970), the latest first.
  func checks(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [CheckRecord]
}

/// The mirror of the ModelVersion objects, for dashboards and queries; the objects stay the truth.
package protocol RegistryWriter: Sendable {
  func store(_ version: VersionRecord, of model: ModelKey) async throws(TelemetryError)
}

package protocol RegistryReader: Sendable {
  /// All versions, the newest first.
  func versions(of model: ModelKey) async throws(TelemetryError) -> [VersionRecord]
}

/// Every alert that was decided, delivered or not. The same id again updates the delivery.
package protocol AlertLog: Sendable {
  func store(_ alert: AlertRecord, of model: ModelKey) async throws(TelemetryError)

  /// The latest alerts not older than `from` (seconds since 1970), the latest first.
  func alerts(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [AlertRecord]
}

/// Deletes what is older than its retention.
package protocol RetentionSweeper: Sendable {
  /// Deletes at most `limit` predictions older than `time` (seconds since 1970), with their labels, as many labels of
  /// that age that never found a prediction, and as many profiles; of the model and of those that had its name before.
  /// Where tables are partitioned, days that have passed as a whole and hold rows of no other model go at once,
  /// whatever the limit, and count about. Returns how many rows went; call again until it is 0.
  func deletePredictions(of model: ModelKey, before time: Double, limit: Int) async throws(TelemetryError) -> Int
}

/// Removes what is stored about a model that is gone. A model without an identity is only a name, and keeps its rows.
package protocol ModelRemover: Sendable {
  /// Enters that the model was removed. When this returns, nothing is stored of it any more, whoever has the store
  /// open: those who were storing a batch have been waited for, and what comes later is dropped. Where tables are
  /// partitioned, days before yesterday that hold no other model's rows are dropped. Returns how many rows went with
  /// them, about.
  ///
  /// - Parameter now: seconds since 1970.
  func beginRemoval(of model: ModelKey, at now: Double) async throws(TelemetryError) -> Int

  /// Deletes at most `limit` rows of each kind of those that belong to the model by its UID, and of no other model of
  /// the name. Returns how many went; call again until it is 0, which it is before a removal began.
  func removeRows(of model: ModelKey, limit: Int) async throws(TelemetryError) -> Int

  /// The names of the model's checks, in their order, beginning behind `run`.
  func runs(of model: ModelKey, after run: String, limit: Int) async throws(TelemetryError) -> [String]
}

package protocol StorePreparation: Sendable {
  /// Connects and brings the tables up to date now. Throws where the store cannot be used.
  func prepare() async throws(TelemetryError)
}

/// All roles in one. Opening one never waits: it connects, and brings its tables up to date, with the first call, and
/// again after a failure.
package protocol TelemetryStore: PredictionWriter, LabelWriter, PredictionReader, ProfileWriter, ProfileReader,
  ReportWriter, ReportReader, RegistryWriter, RegistryReader, AlertLog, RetentionSweeper, ModelRemover, StorePreparation
{
  /// Releases the connections; calls after it open them again.
  func close() async
}
