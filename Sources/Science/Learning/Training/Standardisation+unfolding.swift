import Foundation

extension Standardisation {
  /// The gblinear model of standardised columns, rewritten for columns in their own units.
  func unfold(_ json: Data) throws(LearningError) -> Data {
    let coefficients = try Model(json: json).coefficients ?? []
    guard let margins = coefficients.first?.count, coefficients.count == means.count else {
      throw .unreadableModel("it is no linear model of \(means.count) columns")
    }
    do {
      guard
        var document = try JSONSerialization.jsonObject(with: json) as? [String: Any],
        var learner = document["learner"] as? [String: Any],
        var booster = learner["gradient_booster"] as? [String: Any],
        var payload = booster["model"] as? [String: Any],
        let weights = payload["weights"] as? [Double]
      else { throw LearningError.unreadableModel("it holds no weights") }
      var unfolded = weights
      for column in means.indices {
        for margin in 0..<margins {
          let weight = weights[column * margins + margin] / deviations[column]
          unfolded[column * margins + margin] = weight
          unfolded[means.count * margins + margin] -= weight * means[column]
        }
      }
      payload["weights"] = unfolded
      booster["model"] = payload
      learner["gradient_booster"] = booster
      var attributes = learner["attributes"] as? [String: String] ?? [:]
      attributes[Self.attribute] = String(decoding: try JSONEncoder().encode(self), as: UTF8.self)
      learner["attributes"] = attributes
      document["learner"] = learner
      return try JSONSerialization.data(withJSONObject: document, options: [.sortedKeys])
    } catch let error as LearningError {
      throw error
    } catch {
      throw .unreadableModel("\(error)")
    }
  }
}
