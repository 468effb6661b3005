import ApusAPI
import KubernetesModel
import Tabular
import WorkerContract
import YAMLCoding

extension ModelDraft {
  private var schema: FeatureSchema { inferred.schema }

  private func why(_ path: String) -> String? { inferred.explanations[path] }

  private func header(_ kind: String, _ spec: [YAMLField]) -> YAMLNode {
    .map([
      YAMLField("apiVersion", .string(ApusGroup.apiVersion)), YAMLField("kind", .string(kind)),
      YAMLField("metadata", .map([YAMLField("name", .string(name))])), YAMLField("spec", .map(spec)),
    ])
  }

  // MARK: ModelDeployment

  var model: YAMLNode {
    header(
      ModelDeployment.gvk.kind,
      [
        YAMLField("schema", .map(schemaFields)), YAMLField("training", .map(trainingFields)),
        YAMLField("promotion", .map(promotionFields)),
      ])
  }

  private var schemaFields: [YAMLField] {
    var target = [YAMLField("name", .string(schema.target.name), behind: why("target"))]
    if let positive = schema.target.positive {
      target.append(YAMLField("positive", .string(positive), behind: why("target.positive")))
    }
    target.append(YAMLField("classes", .inline(.strings(schema.target.classes)), behind: why("target.classes")))
    var fields = [
      YAMLField("target", .map(target)),
      YAMLField("features", .list(schema.features.map(feature)), above: leftOutComment),
    ]
    if let timestamp = schema.timestamp {
      fields.append(YAMLField("timestamp", .string(timestamp), behind: why("timestamp")))
    }
    if !schema.primaryKey.isEmpty {
      fields.append(YAMLField("primaryKey", .inline(.strings(schema.primaryKey)), behind: why("primaryKey")))
    }
    if let missing = schema.missing {
      fields.append(YAMLField("missing", .inline(.strings(missing)), behind: why("missing")))
    }
    if let encoding = schema.encoding {
      fields.append(YAMLField("encoding", .string(encoding.rawValue), behind: "of the file, as asked for"))
    }
    return fields
  }

  private var leftOutComment: String? {
    guard !inferred.leftOut.isEmpty else { return nil }
    return (["Left out:"] + inferred.leftOut.map { "  \($0.column) \($0.why)" }).joined(separator: "\n")
  }

  private func feature(_ feature: FeatureSchema.Feature) -> YAMLNode {
    let path = "features.\(feature.name)"
    var fields = [
      YAMLField("name", .string(feature.name)),
      YAMLField("type", .string(feature.type.rawValue), behind: why(path)),
    ]
    if feature.nullable { fields.append(YAMLField("nullable", true, behind: why("\(path).nullable"))) }
    if let minimum = feature.minimum {
      fields.append(YAMLField("minimum", .plain(minimum), behind: why("\(path).minimum")))
    }
    if let maximum = feature.maximum {
      fields.append(YAMLField("maximum", .plain(maximum), behind: why("\(path).maximum")))
    }
    if !feature.categories.isEmpty {
      fields.append(
        YAMLField("categories", .inline(.strings(feature.categories)), above: why("\(path).categories")))
    }
    return .map(fields)
  }

  private var sourceField: YAMLField {
    var fields = [YAMLField("uri", .string(source.csv?.uri ?? source.s3?.uri ?? ""))]
    if let delimiter = source.csv?.delimiter ?? source.s3?.delimiter {
      fields.append(YAMLField("delimiter", .string(delimiter.rawValue), behind: sourceWhy.delimiter))
    }
    if let decimal = source.csv?.decimal ?? source.s3?.decimal {
      fields.append(YAMLField("decimal", .string(decimal.rawValue), behind: sourceWhy.decimal))
    }
    return YAMLField(source.s3 == nil ? "csv" : "s3", .map(fields))
  }

  private var trainingFields: [YAMLField] {
    var fields = [
      YAMLField(
        "source", .map([sourceField]),
        above: "Read anew at each training: put fresh rows there. A worker's pod must be able to read it.")
    ]
    if schema.timestamp != nil {
      fields.append(
        YAMLField(
          "split", .map([YAMLField("by", "Time")]),
          above: "There is a timestamp: train on older rows and test on the newest, as in production."))
    }
    fields.append(
      YAMLField(
        "algorithm",
        .map([
          YAMLField("gradientBoosting", .inline(Algorithm.GradientBoosting.schema.filled([:])))
        ]), above: "The defaults; or randomForest, logisticRegression, custom."))
    if schema.features.contains(where: { $0.minimum != nil || $0.maximum != nil }) {
      fields.append(
        YAMLField(
          "limits", .inline(["outOfRange": 0.5]),
          above:
            "The bounds above are guesses: a training counts values outside of them, and only fails where more than half\n"
            + "of the rows have one."))
    }
    fields.append(
      YAMLField(
        "schedule", .inline(["cron": "0 2 * * 0", "timeZone": "Etc/UTC"]), behind: "every Sunday at 02:00"))
    return fields
  }

  private var promotionFields: [YAMLField] {
    let minimum = [
      YAMLField("accuracy", .number(gates.accuracy.value), behind: gates.accuracy.why),
      YAMLField("f1", .number(gates.f1.value), behind: gates.f1.why),
      YAMLField("rocAUC", .number(gates.rocAUC.value), behind: gates.rocAUC.why),
    ]
    return [
      YAMLField(
        "approval", "Automatic",
        above:
          "A version that passes its gates goes into production by itself, so that the first one is served without\n"
          + "further ado. With Manual a person approves each: kubectl annotate md/\(name) \(ApusAnnotations.approve)=v1"
      ),
      YAMLField(
        "minimum", .map(minimum),
        above: "Clearly better than guessing. Raise them once you know what a model of this data can do."),
    ]
  }

  // MARK: MonitoringPolicy

  var policy: YAMLNode {
    var spec = [
      YAMLField("modelRef", .map([YAMLField("name", .string(name))])),
      YAMLField(
        "schedule", .inline(["cron": "0 */6 * * *", "timeZone": "Etc/UTC"]), behind: "every six hours …"),
      YAMLField("window", "6h", behind: "… over the predictions of the last six"),
    ]
    if let quality = qualityField { spec.append(quality) }
    spec.append(
      YAMLField(
        "performance",
        .map([
          YAMLField(
            "minimumAccuracy", .number(gates.accuracy.value), behind: "as the gate above; raise it with what you see"),
          YAMLField("labelDelay", "24h", behind: "how long the truth about a prediction takes to be known"),
        ])))
    spec.append(
      YAMLField(
        "retraining",
        .map([
          YAMLField(
            "triggers", .inline(["CriticalDrift", "QualityFailure", "PerformanceLoss"])),
          YAMLField("debounce", .inline(["failures": 2, "of": 3]), behind: "two of the last three checks must agree"),
          YAMLField("cooldown", "12h", behind: "at most one retraining in this time"),
          YAMLField("dailyLimit", 2),
        ])))
    return header(MonitoringPolicy.gvk.kind, spec)
  }

  /// Limits above the defaults where the training data itself misses more.
  private var qualityField: YAMLField? {
    var fields: [YAMLField] = []
    let standard = QualityRules.standard.missing
    if let worst = missing.first, worst.share * 1.5 > standard.warning {
      let warning = min(1, max(standard.warning, Self.up(worst.share * 1.5)))
      let critical = min(1, max(standard.critical, Self.up(worst.share * 3), warning))
      fields.append(
        YAMLField(
          "missing", .inline(["warning": .number(warning), "critical": .number(critical)]),
          behind: "\(worst.feature) is missing in \(percentText(worst.share)) of the training data already"))
    }
    if let confidence = gates.confidence {
      fields.append(
        YAMLField("meanConfidence", .inline(["warning": .number(confidence.value)]), behind: confidence.why))
    }
    return fields.isEmpty ? nil : YAMLField("quality", .map(fields))
  }

  /// Two decimals, never downwards.
  private static func up(_ value: Double) -> Double { (value * 100 - 1e-9).rounded(.up) / 100 }
}

extension JSONValue {
  fileprivate static func strings(_ values: [String]) -> JSONValue { .array(values.map(JSONValue.string)) }

  /// A whole number without a point.
  fileprivate static func plain(_ value: Double) -> JSONValue {
    Int64(exactly: value).map(JSONValue.integer) ?? .number(value)
  }
}
