import Foundation
import Statistics
import Values
package import WorkerContract

/// Card transactions, some of them fraud: five numeric and four categorical features, values missing as they are in
/// practice, one transaction every thirty seconds. About 6 % are fraud, and what makes a transaction suspicious is a
/// logistic function of its features; under the new concept it is another function of the same features (small amounts,
/// contactless, by day), so that a model of the old one is wrong in both directions.
package struct CardWorld: RowSource {
  package let seed: Int

  package init(seed: Int) { self.seed = seed }

  package var featureNames: [String] { Self.schema.features.map(\.name) }
  package var targetName: String { Self.schema.target.name }
  package var positiveClass: String { "fraud" }
  package var rowCount: Int? { nil }

  /// The world begins on 1 January 2026, 00:00 UTC.
  package static let start = 1_767_225_600.0
  package static let secondsBetweenRows = 30.0

  private static let merchants = ["grocery", "fuel", "restaurant", "online", "travel", "electronics", "cash"]
  private static let merchantWeights = [30.0, 14, 20, 18, 6, 7, 5]
  private static let channels = ["chip", "contactless", "online", "magstripe"]
  private static let countries = ["DE", "FR", "NL", "PL", "US", "BR"]
  private static let countryWeights = [62.0, 12, 10, 8, 5, 3]

  package static let schema = FeatureSchema(
    target: .init(name: "outcome", positive: "fraud"),
    features: [
      .init(name: "amount", type: .numeric, minimum: 0, maximum: 50_000),
      .init(name: "hour", type: .numeric, minimum: 0, maximum: 24),
      .init(name: "distance_km", type: .numeric, nullable: true, minimum: 0, maximum: 20_000),
      .init(name: "transactions_24h", type: .numeric, minimum: 0, maximum: 200),
      .init(name: "account_age_days", type: .numeric, minimum: 0, maximum: 20_000),
      .init(name: "merchant", type: .categorical),
      .init(name: "channel", type: .categorical),
      .init(name: "country", type: .categorical),
      .init(name: "device", type: .categorical, nullable: true),
    ], timestamp: "time")

  package func row(at index: Int) -> SimulatedRow {
    var random = SeededGenerator(seed: seed).forked("card \(index)")
    let time = Self.start + Double(index) * Self.secondsBetweenRows
    var card = Card(time: time, random: &random)
    let chance = random.uniform()
    let label = chance < Self.probability(card.suspicion) ? "fraud" : "legitimate"
    let changed = chance < Self.probability(card.suspicionUnderNewConcept) ? "fraud" : "legitimate"
    if random.bernoulli(0.04) { card.distance = nil }
    if random.bernoulli(0.06) { card.device = nil }
    return SimulatedRow(time: time, values: card.values, label: label, labelUnderNewConcept: changed)
  }

  private static func probability(_ logit: Double) -> Double { 1 / (1 + exp(-logit)) }

  /// One transaction before its label is known.
  private struct Card {
    var amount: Double
    var hour: Double
    var distance: Double?
    var transactions: Double
    var accountAge: Double
    var merchant: String
    var channel: String
    var country: String
    var device: String?

    init(time: Double, random: inout SeededGenerator) {
      merchant = CardWorld.merchants[random.index(weights: CardWorld.merchantWeights)]
      let level: [String: Double] = ["travel": 5.4, "electronics": 5.2, "cash": 4.9, "fuel": 4.0, "online": 3.9]
      amount = (random.logNormal(mean: level[merchant] ?? 3.2, deviation: 0.8) * 100).rounded() / 100
      // More by day than by night, two peaks.
      hour =
        (random.bernoulli(0.45) ? random.normal(mean: 12.5, deviation: 2.5) : random.normal(mean: 18.5, deviation: 3.2))
      if random.bernoulli(0.08) { hour = random.uniform(0...6) }
      hour = (hour - 24 * (hour / 24).rounded(.down))
      hour = (hour * 100).rounded(.down) / 100
      country = CardWorld.countries[random.index(weights: CardWorld.countryWeights)]
      let far: [String: Double] = ["US": 8.7, "BR": 9.1, "FR": 6.2, "NL": 5.9, "PL": 6.1]
      distance =
        (random.logNormal(mean: far[country] ?? 1.6, deviation: country == "DE" ? 1.1 : 0.3) * 10).rounded() / 10
      distance = min(distance ?? 0, 20_000)
      transactions = Double(random.poisson(mean: random.bernoulli(0.1) ? 9 : 2.4))
      accountAge = min(20_000, random.exponential(rate: 1 / 900).rounded())
      let isOnline = merchant == "online" || (merchant == "travel" && random.bernoulli(0.6))
      channel = isOnline ? "online" : CardWorld.channels[[0, 1, 1, 0, 3][random.index(weights: [40, 40, 9, 7, 4])]]
      device = random.bernoulli(0.12) ? "new" : "known"
    }

    /// How much of a label its features explain; at 1 two thirds of the frauds look like everyone else.
    private static let sharpness = 2.0

    /// Log-odds of fraud: high amounts, at night, far away, in a hurry, on new devices and old card readers.
    var suspicion: Double {
      var logit = -6.6
      logit += 1.1 * max(0, log(max(amount, 1)) - 3.5)
      logit += hour < 6 ? 2.4 : 0
      logit += 0.32 * log(1 + (distance ?? 0))
      logit += 0.26 * transactions
      logit += device == "new" ? 2.2 : 0
      logit += channel == "magstripe" ? 2.0 : channel == "online" ? 0.9 : 0
      logit += merchant == "electronics" || merchant == "cash" ? 1.0 : 0
      logit -= 0.0006 * accountAge
      return Self.sharpness * logit
    }

    /// The fraudsters' next trick: many small contactless payments by day, near home, on accounts that are known.
    var suspicionUnderNewConcept: Double {
      var logit = -6.0
      logit += 1.0 * max(0, 4.0 - log(max(amount, 1)))
      logit += (9...18).contains(hour) ? 1.1 : 0
      logit += channel == "contactless" ? 2.3 : 0
      logit += merchant == "grocery" || merchant == "fuel" ? 1.3 : 0
      logit += 0.2 * transactions
      logit -= 0.22 * log(1 + (distance ?? 0))
      logit += device == "known" ? 0.6 : -0.6
      return Self.sharpness * logit
    }

    var values: [String: SimulatedValue] {
      [
        "amount": .number(amount), "hour": .number(hour),
        "distance_km": distance.map(SimulatedValue.number) ?? .missing,
        "transactions_24h": .number(transactions), "account_age_days": .number(accountAge),
        "merchant": .text(merchant), "channel": .text(channel), "country": .text(country),
        "device": device.map(SimulatedValue.text) ?? .missing,
      ]
    }
  }
}
