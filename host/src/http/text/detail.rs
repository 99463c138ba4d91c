//! What to do about a problem, by its word.

use super::Sentence;

pub(super) const DETAILS: &[Sentence] = &[
    (
        "internal",
        [
            "İstek numarasıyla bize bildirin.",
            "Please tell us, naming the request id.",
            "Sorğu nömrəsi ilə bizə bildirin.",
        ],
    ),
    (
        "unavailable",
        [
            "Biraz sonra yeniden deneyin; hiçbir işlem yapılmadı.",
            "Please try again in a moment; nothing was done.",
            "Bir azdan yenidən cəhd edin; heç bir əməliyyat aparılmadı.",
        ],
    ),
    (
        "bank_unanswered",
        [
            "Banka sorulan soruya geçerli bir yanıt vermedi; hiçbir işlem yapılmadı. Yeniden deneyebilirsiniz.",
            "The bank gave no valid answer to the question; nothing was done. You may try again.",
            "Bank suala etibarlı cavab vermədi; heç bir əməliyyat aparılmadı. Yenidən cəhd edə bilərsiniz.",
        ],
    ),
    (
        "points_unsupported",
        [
            "Bu ödemenin POS hesabında kart puanı kullanılamıyor.",
            "Card points cannot be used at the POS account of this payment.",
            "Bu ödənişin POS hesabında kart xalları istifadə oluna bilmir.",
        ],
    ),
    (
        "points_refused",
        [
            "Banka bu kartın puanlarını bildirmedi; kart bankanın puan programında olmayabilir.",
            "The bank does not tell the points of this card; it may not be in the bank's programme.",
            "Bank bu kartın xallarını bildirmədi; kart bankın xal proqramında olmaya bilər.",
        ],
    ),
    (
        "idempotency_key_required",
        [
            "Para hareketi yapan istekler Idempotency-Key başlığı ister.",
            "A request that moves money needs the header Idempotency-Key.",
            "Pul hərəkəti yaradan sorğular Idempotency-Key başlığı tələb edir.",
        ],
    ),
    (
        "idempotency_key_reused",
        [
            "Bu Idempotency-Key başka bir istekte kullanılmış.",
            "This Idempotency-Key was used for another request.",
            "Bu Idempotency-Key başqa sorğuda istifadə olunub.",
        ],
    ),
    (
        "request_in_flight",
        [
            "Aynı anahtarla gönderilen istek hâlâ işleniyor.",
            "A request with the same key is still being worked on.",
            "Eyni açarla göndərilən sorğu hələ işlənir.",
        ],
    ),
    (
        "changed_meanwhile",
        [
            "Kayıt siz bakarken değişti; sayfayı yenileyip tekrar deneyin.",
            "It was changed while you looked at it; reload and try again.",
            "Siz baxarkən qeyd dəyişib; səhifəni yeniləyib təkrar cəhd edin.",
        ],
    ),
    (
        "cross_site",
        ["İstek başka bir siteden geldi.", "The request came from another site.", "Sorğu başqa saytdan gəldi."],
    ),
    (
        "cursor_invalid",
        ["cursor bu listeye ait değil.", "The cursor does not belong to this list.", "cursor bu siyahıya aid deyil."],
    ),
    ("json_malformed", ["Gövde JSON değil.", "The body is not JSON.", "Gövdə JSON deyil."]),
    ("query_malformed", ["Sorgu okunamadı.", "The query cannot be read.", "Sorğu sətri oxunmadı."]),
    (
        "sign_in_failed",
        [
            "E-posta veya parola yanlış, ya da hesap geçici olarak kilitli.",
            "The e-mail or password is wrong, or the account is locked for a while.",
            "E-poçt və ya parol yanlışdır, yaxud hesab müvəqqəti bağlıdır.",
        ],
    ),
    ("code_taken", ["Bu kod zaten kullanılıyor.", "This code is already in use.", "Bu kod artıq istifadə olunur."]),
    ("name_taken", ["Bu ad zaten kullanılıyor.", "This name is already in use.", "Bu ad artıq istifadə olunur."]),
    (
        "payment_in_doubt",
        [
            "Bu ödemenin sonucu henüz belli değil; yeniden ödemeyin.",
            "The outcome of this payment is not known yet; do not pay again.",
            "Bu ödənişin nəticəsi hələ məlum deyil; yenidən ödəməyin.",
        ],
    ),
    (
        "not_unconfirmed",
        [
            "Bu ödeme artık onay beklemiyor ya da bu arada değişti; durumuna bakın.",
            "This payment does not wait to be confirmed, or changed meanwhile; look at its state.",
            "Bu ödəniş artıq təsdiq gözləmir və ya bu arada dəyişib; vəziyyətinə baxın.",
        ],
    ),
    (
        "creditor_changed",
        [
            "Ödeyen artık başka bir bayiye borçlu; ödemeyi yeniden oluşturun.",
            "The payer owes another dealer by now; make the payment anew.",
            "Ödəyən artıq başqa dilerə borcludur; ödənişi yenidən yaradın.",
        ],
    ),
    (
        "reference_taken",
        [
            "Bu referansla bir ödeme zaten var.",
            "There is already a payment with this reference.",
            "Bu istinadla ödəniş artıq mövcuddur.",
        ],
    ),
    (
        "in_doubt",
        [
            "Sonucu henüz belli olmayan bir işlem var; sonuçlanmadan yenisi başlatılamaz.",
            "Something about it is still in doubt; nothing new can start before that is known.",
            "Nəticəsi hələ məlum olmayan əməliyyat var; o bitmədən yenisi başlana bilməz.",
        ],
    ),
    (
        "capability_missing",
        [
            "POS hesabının bankası bu işlemi sunmuyor.",
            "The bank of the POS account does not offer this.",
            "POS hesabının bankası bu əməliyyatı təklif etmir.",
        ],
    ),
    (
        "model_unsupported",
        [
            "POS hesabının 3-D modeli bu eklentide yok.",
            "The plugin does not know the account's 3-D model.",
            "POS hesabının 3-D modeli bu plaqində yoxdur.",
        ],
    ),
    (
        "capability_missing",
        [
            "POS hesabının bankası bu işlemi sunmuyor.",
            "The bank of the POS account does not offer this.",
            "POS hesabının bankası bu əməliyyatı təklif etmir.",
        ],
    ),
    (
        "setting_missing",
        [
            "POS hesabında eklentinin istediği bir ayar ya da anahtar eksik; hesabın ayarlarını tamamlayın.",
            "The POS account lacks a setting or a secret that its plugin requires; complete its settings.",
            "POS hesabında plaqinin istədiyi bir ayar və ya açar çatışmır; hesabın ayarlarını tamamlayın.",
        ],
    ),
    (
        "more_than_left",
        [
            "Tutar geri verilebilecek tutarı aşıyor.",
            "More than is left to give back.",
            "Məbləğ qaytarıla biləcək məbləği aşır.",
        ],
    ),
    (
        "no_pos_account",
        [
            "Bu ödeme için kullanılabilecek bir POS hesabı yok.",
            "No POS account can take this payment.",
            "Bu ödəniş üçün istifadə edilə bilən POS hesabı yoxdur.",
        ],
    ),
    (
        "not_a_test_account",
        [
            "Yalnızca test hesapları denenebilir.",
            "Only test accounts can be tried.",
            "Yalnız test hesabları sınana bilər.",
        ],
    ),
    (
        "not_authorized",
        [
            "Bu ödemede çekilecek bir provizyon yok.",
            "There is nothing on hold to capture.",
            "Bu ödənişdə tutulmuş məbləğ yoxdur.",
        ],
    ),
    (
        "not_captured",
        [
            "Bu ödemede geri verilecek para yok.",
            "There is no money to give back.",
            "Bu ödənişdə qaytarılacaq pul yoxdur.",
        ],
    ),
    (
        "operation_open",
        [
            "Bu ödemede süren bir işlem var.",
            "An operation on this payment is still running.",
            "Bu ödənişdə davam edən əməliyyat var.",
        ],
    ),
    (
        "sub_dealer_unnamed",
        [
            "Bu POS hesabında alt bayinin vergi ya da kimlik numarası gerekir; bayi kartına girin.",
            "This POS account needs the sub-dealer's tax or identity number; enter it at the dealer.",
            "Bu POS hesabında alt dilerin vergi və ya şəxsiyyət nömrəsi lazımdır; diler kartına yazın.",
        ],
    ),
    (
        "partial_void",
        [
            "İptal yalnızca tutarın tamamı için yapılabilir.",
            "A void takes back the whole amount or nothing.",
            "Ləğv yalnız bütün məbləğ üçün mümkündür.",
        ],
    ),
    (
        "plugin_missing",
        [
            "Bu hesabın eklentisi kurulu değil.",
            "The account's plugin is not installed.",
            "Bu hesabın plaqini quraşdırılmayıb.",
        ],
    ),
    (
        "refunded",
        ["Bu ödeme zaten iade edildi.", "This payment has been refunded already.", "Bu ödəniş artıq qaytarılıb."],
    ),
    (
        "voided",
        ["Bu ödeme zaten iptal edildi.", "This payment has been voided already.", "Bu ödəniş artıq ləğv edilib."],
    ),
    (
        "page_used",
        [
            "Bu sayfa bir kez açılabilir; ödeme durumuna bakın.",
            "This page can be opened once; look at the payment's state.",
            "Bu səhifə bir dəfə açıla bilər; ödənişin vəziyyətinə baxın.",
        ],
    ),
    (
        "if_match_required",
        [
            "Değişiklik için If-Match başlığı gerekli.",
            "A change needs the header If-Match.",
            "Dəyişiklik üçün If-Match başlığı tələb olunur.",
        ],
    ),
    (
        "limit_out_of_range",
        ["limit 1 ile 200 arasında olmalı.", "limit must be between 1 and 200.", "limit 1 ilə 200 arasında olmalıdır."],
    ),
    ("bin_malformed", ["BIN 6-8 rakam olmalı.", "A BIN has six to eight digits.", "BIN 6-8 rəqəm olmalıdır."]),
    (
        "day_malformed",
        ["Gün YYYY-AA-GG biçiminde olmalı.", "A day is written YYYY-MM-DD.", "Gün YYYY-AA-GG formatında olmalıdır."],
    ),
    ("day_to_come", ["Bu gün henüz gelmedi.", "This day has not come yet.", "Bu gün hələ gəlməyib."]),
    (
        "bank_unreachable",
        [
            "Bankaya ulaşılamadı; biraz sonra yeniden sorun. Hiçbir şey değişmedi.",
            "The bank could not be reached; ask again in a moment. Nothing has changed.",
            "Banka çatmaq mümkün olmadı; bir azdan yenidən soruşun. Heç nə dəyişmədi.",
        ],
    ),
    (
        "bank_unclear",
        [
            "Bankanın yanıtı okunamadı ya da bankanın olduğu doğrulanamadı; liste yok sayılır, boş sayılmaz.",
            "The bank's answer could not be read, or not be proved to be the bank's: there is no list, not an empty one.",
            "Bankın cavabı oxunmadı və ya bankın olduğu təsdiqlənmədi; siyahı yoxdur, boş deyil.",
        ],
    ),
    (
        "bank_list_too_long",
        [
            "Bankanın listesi burada okunandan uzun; bankanın kendi ekranından bakın.",
            "The bank lists more than is read here; look at the bank's own pages.",
            "Bankın siyahısı burada oxunandan uzundur; bankın öz səhifəsindən baxın.",
        ],
    ),
    (
        "idempotency_key_malformed",
        [
            "Idempotency-Key 1-255 görünür karakter olmalı.",
            "An Idempotency-Key has 1 to 255 visible characters.",
            "Idempotency-Key 1-255 görünən simvol olmalıdır.",
        ],
    ),
    (
        "too_many_endpoints",
        [
            "Firmanızın webhook adresi sınırı doldu; kullanılmayan birini silin.",
            "Your firm has as many webhook endpoints as it may; take one away first.",
            "Firmanızın webhook ünvanı həddi dolub; istifadə olunmayan birini silin.",
        ],
    ),
    (
        "too_many_rules",
        [
            "Firmanızın yönlendirme kuralı sınırı doldu; kullanılmayan birini silin.",
            "Your firm has as many routing rules as it may; take one away first.",
            "Firmanızın yönləndirmə qaydası həddi dolub; istifadə olunmayan birini silin.",
        ],
    ),
    (
        "already_in_force",
        ["Bu sürüm zaten geçerli.", "This version is in force already.", "Bu versiya artıq qüvvədədir."],
    ),
    (
        "already_begun",
        [
            "Yalnız henüz başlamamış bir sürüm geri çekilebilir.",
            "Only a version that has not begun can be taken back.",
            "Yalnız hələ başlamamış versiya geri götürülə bilər.",
        ],
    ),
    (
        "endpoint_disabled",
        [
            "Bu webhook adresi devre dışı; önce etkinleştirin.",
            "This webhook endpoint is disabled; enable it first.",
            "Bu webhook ünvanı deaktivdir; əvvəlcə aktivləşdirin.",
        ],
    ),
    (
        "delivery_running",
        [
            "Bu bildirim şu anda gönderiliyor.",
            "This delivery is being sent at this moment.",
            "Bu bildiriş hazırda göndərilir.",
        ],
    ),
    (
        "proposal_open",
        [
            "Bunun için onay bekleyen bir karar zaten var.",
            "A decision about this is already waiting for a second person.",
            "Bunun üçün təsdiq gözləyən qərar artıq var.",
        ],
    ),
    (
        "proposal_closed",
        [
            "Bu karar artık onay beklemiyor; sayfayı yenileyin.",
            "This decision is not waiting any more; reload the page.",
            "Bu qərar artıq təsdiq gözləmir; səhifəni yeniləyin.",
        ],
    ),
    (
        "already_known",
        [
            "Sonuç bu arada belli oldu; karara gerek kalmadı.",
            "Its outcome is known meanwhile; nothing needs to be decided.",
            "Nəticə bu arada məlum oldu; qərara ehtiyac qalmadı.",
        ],
    ),
    (
        "own_proposal",
        [
            "Kendi kararınızı onaylayamazsınız; ikinci bir kişi gerekir.",
            "You cannot decide your own proposal; a second person must.",
            "Öz qərarınızı təsdiqləyə bilməzsiniz; ikinci şəxs lazımdır.",
        ],
    ),
    (
        "not_own_proposal",
        [
            "Bir kararı yalnız öneren geri çekebilir.",
            "Only the one who proposed it can take it back.",
            "Qərarı yalnız təklif edən geri götürə bilər.",
        ],
    ),
    (
        "person_needed",
        [
            "Bunu ancak oturum açmış bir kişi yapabilir.",
            "Only a person who is signed in can do this.",
            "Bunu yalnız daxil olmuş şəxs edə bilər.",
        ],
    ),
    (
        "alarm_ends_by_itself",
        [
            "Bu uyarı, şüpheli tutar kalmayınca kendiliğinden biter.",
            "This alarm ends by itself when nothing is in doubt any more.",
            "Bu xəbərdarlıq şübhəli məbləğ qalmayanda özü bitir.",
        ],
    ),
    (
        "alarm_closed",
        ["Bu uyarı zaten kapatıldı.", "This alarm has been closed already.", "Bu xəbərdarlıq artıq bağlanıb."],
    ),
    (
        "plugin_refused",
        [
            "Bileşen bu sunucunun beklediği gibi değil; nedeni aşağıda.",
            "The component is not what this server takes; the reason is below.",
            "Komponent bu serverin gözlədiyi kimi deyil; səbəbi aşağıdadır.",
        ],
    ),
    (
        "plugin_untrusted",
        [
            "Bileşenin imzasına güvenilmiyor; nedeni aşağıda.",
            "The component's signature is not trusted; the reason is below.",
            "Komponentin imzasına etibar edilmir; səbəbi aşağıdadır.",
        ],
    ),
    (
        "plugin_version_taken",
        [
            "Bu sürüm numarası başka bir içerikle kayıtlı; sürüm numarasını artırın.",
            "This version number is taken by other contents; raise the version number.",
            "Bu versiya nömrəsi başqa məzmunla qeydiyyatdadır; versiya nömrəsini artırın.",
        ],
    ),
    (
        "plugin_revoked",
        [
            "Bu sürüm geri çekildi; bir daha kullanılamaz.",
            "This version was withdrawn; it cannot be used again.",
            "Bu versiya geri çəkilib; bir daha istifadə oluna bilməz.",
        ],
    ),
    ("plugin_serving", ["Bu sürüm zaten etkin.", "This version is active already.", "Bu versiya artıq aktivdir."]),
    (
        "grants_not_approved",
        [
            "Sürüm öncekinden fazlasını istiyor; isteklerini inceleyip onaylayın.",
            "The version asks for more than the one before; look at it and approve.",
            "Versiya əvvəlkindən artığını istəyir; istəklərinə baxıb təsdiqləyin.",
        ],
    ),
    (
        "nothing_to_roll_back",
        ["Geri alınacak bir sürüm yok.", "There is no version to go back to.", "Geri qaytarılacaq versiya yoxdur."],
    ),
    (
        "signature_malformed",
        [
            "Plugin-Signature başlığı okunamadı.",
            "The header Plugin-Signature cannot be read.",
            "Plugin-Signature başlığı oxunmadı.",
        ],
    ),
    (
        "not_allowed",
        [
            "Yetkiniz bu işleme yetmiyor; firma yöneticinize başvurun.",
            "Ask your firm's administrator for the right to do this.",
            "Bu əməliyyat üçün icazəniz çatmır; firma idarəçisinə müraciət edin.",
        ],
    ),
];
