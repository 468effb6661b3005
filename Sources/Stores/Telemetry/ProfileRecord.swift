package import Monitoring

/// The counts of one feature, or of the predictions, over one minute at one server.
package struct ProfileRecord: Sendable, Equatable {
  package var version: String
  /// Nil: the predictions.
  package var feature: String?
  /// When the minute began, in seconds since 1970.
  package var minute: Double
  /// The server's process: what another one counted in the same minute is another record.
  package var instance: String
  /// `ProfileBins.identity`
  package var bins: String
  package var counts: FeatureCounts

  package init(
    version: String, feature: String?, minute: Double, instance: String, bins: String, counts: FeatureCounts
  ) {
    self.version = version
    self.feature = feature
    self.minute = minute
    self.instance = instance
    self.bins = bins
    self.counts = counts
  }
}

/// Stores profiles. A record of the same server, version, minute and feature replaces the one before.
package protocol ProfileWriter: Sendable {
  func store(_ profiles: [ProfileRecord], of model: ModelKey) async throws(TelemetryError)
}

package protocol ProfileReader: Sendable {
  /// All that servers counted for the version in these bins, in minutes that began from `from` (inclusive) to `to`
  /// (exclusive), in seconds since 1970. Nil where there is nothing.
  func profile(
    of model: ModelKey, version: String, bins: String, from: Double, to: Double
  ) async throws(TelemetryError) -> WindowProfile?
}
