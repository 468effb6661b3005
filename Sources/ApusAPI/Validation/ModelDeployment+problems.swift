import KubernetesModel
import WorkerContract

extension ModelDeployment {
  /// Everything that is wrong with what was written, all at once: what the schema's rules (CEL) say, which older servers
  /// do not evaluate, and what they cannot say. Empty: the operator can act on it. Warnings do not stop it.
  package func problems() -> [Problem] {
    nameProblems(of: metadata) + spec.schema.problems(at: "spec.schema") + spec.training.problems(with: spec.schema)
      + spec.promotion.problems(with: spec.schema) + spec.serving.problems(with: spec.schema)
  }
}

/// The name stands in labels and names a Service.
func nameProblems(of metadata: ObjectMeta) -> [Problem] {
  let name = metadata.name ?? ""
  let startsWithLetter = name.first.map { $0.isASCII && $0.isLetter } ?? false
  guard name.utf8.count <= 63 else {
    return [Problem("metadata.name", "has \(name.utf8.count) characters", mend: "write at most 63")]
  }
  guard ObjectName.isDNSLabel(name), startsWithLetter else {
    return [
      Problem(
        "metadata.name", "'\(name)' cannot name a Service",
        mend: "write lower-case letters, digits and '-', starting with a letter")
    ]
  }
  return []
}

extension FeatureSchema {
  package func problems(at path: String) -> [Problem] {
    var found: [Problem] = []
    if features.isEmpty { found.append(Problem("\(path).features", "is empty", mend: "list the input columns")) }
    var seen: Set<String> = []
    for (index, feature) in features.enumerated() {
      let place = "\(path).features[\(index)]"
      if !seen.insert(feature.name).inserted {
        found.append(
          Problem("\(place).name", "'\(feature.name)' is listed twice", mend: "remove or rename one of the two"))
      }
      if feature.name == target.name {
        found.append(
          Problem(
            "\(place).name", "'\(feature.name)' is the target", mend: "remove it: a model cannot read its answer"))
      } else if feature.name == timestamp {
        found.append(
          Problem(
            "\(place).name", "'\(feature.name)' is the time of the event, which only grows",
            mend: "remove it, unless you mean to predict from it", weight: .warning))
      } else if primaryKey.contains(feature.name) {
        found.append(
          Problem(
            "\(place).name", "'\(feature.name)' is part of the primary key, which tells rows apart by heart",
            mend: "remove it, unless you mean to predict from it", weight: .warning))
      }
      found += feature.problems(at: place)
    }
    if timestamp == target.name {
      found.append(Problem("\(path).timestamp", "'\(target.name)' is the target", mend: "name another column"))
    }
    return found + target.problems(at: "\(path).target")
  }
}

extension FeatureSchema.Target {
  fileprivate func problems(at path: String) -> [Problem] {
    var found: [Problem] = []
    if classes.count == 1 {
      found.append(Problem("\(path).classes", "has one class", mend: "list at least two, or none to learn them"))
    }
    if Set(classes).count < classes.count {
      found.append(Problem("\(path).classes", "names a class twice", mend: "remove one of the two"))
    }
    if let positive, !classes.isEmpty, !classes.contains(positive) {
      found.append(
        Problem(
          "\(path).positive", "'\(positive)' is not one of the classes",
          mend: "write one of \(classes.joined(separator: ", "))"))
    }
    return found
  }
}

extension FeatureSchema.Feature {
  fileprivate func problems(at path: String) -> [Problem] {
    var found: [Problem] = []
    if let minimum, let maximum, minimum > maximum {
      found.append(Problem("\(path).minimum", "\(minimum) is above maximum \(maximum)", mend: "swap them"))
    }
    if type == .categorical, minimum != nil || maximum != nil {
      found.append(
        Problem(
          "\(path).type", "only a numeric feature has a minimum or maximum",
          mend: "remove them or make the type numeric"))
    }
    if type == .numeric, !categories.isEmpty {
      found.append(
        Problem(
          "\(path).categories", "only a categorical feature has categories",
          mend: "remove them or make the type categorical"))
    }
    if Set(categories).count < categories.count {
      found.append(Problem("\(path).categories", "names a level twice", mend: "remove one of the two"))
    }
    // Each becomes a number of every encoded row.
    if categories.count > 1000 {
      found.append(
        Problem(
          "\(path).categories", "has \(categories.count) levels, which name rows rather than kinds of rows",
          mend: "list the levels that matter, or remove the feature", weight: .warning))
    }
    return found
  }
}

extension ModelDeploymentSpec.Training {
  fileprivate func problems(with schema: FeatureSchema) -> [Problem] {
    let path = "spec.training"
    var found = source.problems(at: "\(path).source", timestamp: schema.timestamp)
    found += split.problems(at: "\(path).split", timestamp: schema.timestamp)
    found += algorithm.problems(at: "\(path).algorithm")
    found += schedule.problems(at: "\(path).schedule")
    found += deadline.problems(at: "\(path).deadline")
    if let resources { found += resources.problems(at: "\(path).resources") }
    if retries < 0 { found.append(Problem("\(path).retries", "is negative", mend: "write 0 or more")) }
    return found
  }
}

extension DataSource {
  func problems(at path: String, timestamp: String?) -> [Problem] {
    var found: [Problem] = []
    let count = [csv != nil, postgres != nil, s3 != nil].count { $0 }
    if count != 1 {
      found.append(
        Problem(
          path, count == 0 ? "names no source" : "names \(count) sources",
          mend: "write exactly one of csv, postgres and s3"))
    }
    if let csv {
      found += uriProblems(csv.uri, at: "\(path).csv.uri", schemes: ["file", "http", "https", "s3"])
      if csv.uri.hasPrefix("s3://") {
        found.append(Problem("\(path).csv.uri", "is an S3 object", mend: "write it as s3: {uri: \(csv.uri)}"))
      }
    }
    if let s3 {
      found += uriProblems(s3.uri, at: "\(path).s3.uri", schemes: ["s3"])
      if let endpoint = s3.endpoint {
        found += uriProblems(endpoint, at: "\(path).s3.endpoint", schemes: ["http", "https"])
      }
    }
    if let postgres {
      found += QueryText(postgres.query).flaws.map {
        Problem("\(path).postgres.query", "\($0)", mend: $0.mend)
      }
    }
    if let window {
      found += window.problems(at: "\(path).window")
      // A query with $since chooses the rows itself.
      if timestamp == nil, postgres?.query.contains("$since") != true {
        found.append(
          Problem(
            "\(path).window", "needs the column of the event's time",
            mend: "set spec.schema.timestamp\(postgres == nil ? "" : ", write $since in the query,") or remove window"))
      }
    }
    return found
  }
}

extension SplitPlan {
  fileprivate func problems(at path: String, timestamp: String?) -> [Problem] {
    var found: [Problem] = []
    let tested = testSource == nil ? test : 0
    if !(0..<1).contains(validation) || !(0..<1).contains(test) || validation + tested >= 1 {
      found.append(
        Problem(
          path, "validation \(validation) and test \(tested) leave nothing to train", mend: "make their sum less than 1"
        ))
    } else if testSource == nil, test == 0 {
      found.append(Problem("\(path).test", "is 0: nothing is left to evaluate on", mend: "write for example 0.2"))
    }
    if by == .time, timestamp == nil {
      found.append(
        Problem(
          "\(path).by", "is Time without a timestamp column: the source's own order is taken for the order of time",
          mend: "set spec.schema.timestamp if it is not", weight: .warning))
    }
    if let testSource { found += testSource.problems(at: "\(path).testSource", timestamp: timestamp) }
    return found
  }
}

extension Algorithm {
  fileprivate func problems(at path: String) -> [Problem] {
    let count = [gradientBoosting != nil, randomForest != nil, logisticRegression != nil, custom != nil].count { $0 }
    var found: [Problem] = []
    if count != 1 {
      found.append(
        Problem(
          path, count == 0 ? "names no algorithm" : "names \(count) algorithms",
          mend: "write exactly one of gradientBoosting, randomForest, logisticRegression and custom"))
    }
    if let custom, custom.image.isEmpty {
      found.append(Problem("\(path).custom.image", "is empty", mend: "name the trainer's image"))
    }
    return found
  }
}
